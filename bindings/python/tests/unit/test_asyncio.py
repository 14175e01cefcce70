"""The async twins: the same frames, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from realtime_sidecar import AnswerTimeoutError, Client, NotConnectedError, RequestError
from support.sidecar import Sidecar


def test_the_twins_do_what_they_say(sidecar: Sidecar, client: Client) -> None:
    sidecar.answers.update(
        call=lambda _: (None, {"acks": [["s1", [1]]], "expected": 1}),
        join=lambda _: (None, {"count": 1}),
        leave=lambda _: (None, {"count": 2}),
        disconnect=lambda _: (None, {"count": 3}),
        sockets=lambda _: (None, {"sockets": [], "next": None}),
        rooms=lambda _: (None, {"rooms": {"a": 1}}),
        count=lambda _: (None, {"count": 4}),
        set=lambda _: (None, {}),
        server_emit=lambda _: (None, {}),
        stats=lambda _: (None, {"clients": 5}),
    )

    async def work() -> list[Any]:
        chain = client.to("a")
        assert await client.aemit("e", to="a") is None
        assert await chain.aemit("e", confirm=True)
        async with client.batch(confirm=True):
            await client.aemit("e")
        await client.aset("s1", data=1, confirm=True)
        await client.aserver_emit("e", confirm=True)
        return [
            (await client.acall("e", to="a", timeout=1)).value,
            (await chain.acall("e", timeout=1)).value,
            await client.ajoin("x", to="a", confirm=True),
            await chain.ajoin("x"),
            await chain.aleave("x", confirm=True),
            await client.adisconnect(to="a", confirm=True),
            len(await client.asockets()),
            await client.arooms(),
            await chain.acount(),
            (await client.astats())["clients"],
        ]

    assert asyncio.run(work()) == [1, 1, 1, None, 2, 3, 0, {"a": 1}, 4, 5]


def test_many_wait_at_once_on_one_loop(sidecar: Sidecar, client: Client) -> None:
    async def work() -> list[str | None]:
        return await asyncio.gather(*(client.aemit("e", n, confirm=True) for n in range(200)))

    assert len(set(asyncio.run(work()))) == 200


def test_a_refusal_and_a_silence_raise(sidecar: Sidecar, client: Client) -> None:
    sidecar.answers["count"] = lambda _: ({"code": "invalid", "message": "no"}, None)
    del sidecar.answers["emit"]

    async def work() -> None:
        with pytest.raises(RequestError, match="invalid: no"):
            await client.acount()
        with pytest.raises(AnswerTimeoutError):
            await client.aemit("e", confirm=True, timeout=0.05)

    asyncio.run(work())
    assert client.process.status().unanswered == 0


def test_a_cancelled_wait_leaves_nothing(sidecar: Sidecar, client: Client) -> None:
    del sidecar.answers["emit"]

    async def work() -> None:
        task = asyncio.create_task(client.aemit("e", confirm=True))
        await asyncio.to_thread(sidecar.link)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
    assert client.process.status().unanswered == 0


def test_no_sidecar_does_not_hold_the_loop(tmp_path: Any) -> None:
    client = Client(socket=str(tmp_path / "absent"), retry_delay=0.01, flush_timeout=0)
    beats = 0

    async def work() -> None:
        nonlocal beats
        waiting = asyncio.create_task(client.aemit("e", confirm=True, timeout=0.2))
        while not waiting.done():
            await asyncio.sleep(0.01)
            beats += 1
        with pytest.raises(NotConnectedError):
            await waiting

    try:
        asyncio.run(work())
    finally:
        client.process.stop()
    assert beats >= 2  # one is counted however long the loop is held


def test_async_handlers_use_the_twins(sidecar: Sidecar, make_client: Callable[..., Client]) -> None:
    client = make_client()
    info = {"id": "s1", "rooms": ["a"], "transport": "polling", "dialect": "EIO4"}
    sidecar.answers["sockets"] = lambda _: (None, {"sockets": [info]})
    sidecar.answers["call"] = lambda _: (None, {"acks": [["s1", ["yes"]]], "expected": 1})

    async def handler(socket: Any) -> list[Any]:
        await socket.ainfo()
        return [socket.rooms, await socket.acall("sure?", timeout=1)]

    client.process.router.on("e")(handler)
    client.process.serve()
    assert sidecar.link().event("e").result() == [[["a"], "yes"]]
