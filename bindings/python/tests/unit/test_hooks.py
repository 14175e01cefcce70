"""Who is let in, as whom, and who hears that they left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import realtime_sidecar as realtime
from realtime_sidecar import Client, Socket
from support.serving import served
from support.sidecar import Sidecar


def test_without_a_hook_everyone_is_let_in(sidecar: Sidecar, client: Client) -> None:
    assert served(sidecar, client).connect().result == {}


def test_a_hook_lets_in_with_rooms_user_and_data(sidecar: Sidecar, client: Client) -> None:
    @client.process.router.on_connect
    def connect(socket: Socket, auth: Any) -> None:
        assert socket.handshake is not None
        assert auth == socket.handshake.auth == {"token": "x"}
        assert (socket.transport, socket.dialect, socket.recovered) == ("websocket", "EIO4", False)
        socket.join("a", "b")
        socket.join("a")
        socket.leave("b")
        assert socket.rooms == ["a"]
        socket.user = 7
        socket.data = {"n": 1}
        socket.data["n"] = 2

    answer = served(sidecar, client).connect(auth={"token": "x"})
    assert answer.result == {"rooms": ["a"], "user": "7", "data": {"n": 2}}


def test_an_async_hook_may_emit_before_its_client_is_in(sidecar: Sidecar, client: Client) -> None:
    @client.process.router.on_connect
    async def connect(socket: Socket) -> None:
        await socket.aemit("welcome")

    link = served(sidecar, client)
    assert link.connect().result == {}
    assert link.expect("emit").params["to"] == ["s1"]


def refuse_by_word(socket: Socket) -> None:
    realtime.reject("no", {"retry": False})


def refuse_by_exception(socket: Socket) -> None:
    raise ConnectionRefusedError("no", {"retry": False})


async def refuse_async(socket: Socket) -> None:
    realtime.reject("no", {"retry": False})


@pytest.mark.parametrize("hook", [refuse_by_word, refuse_by_exception, refuse_async])
def test_a_refusal_reaches_the_client_as_it_is(
    sidecar: Sidecar, client: Client, hook: Callable[..., Any]
) -> None:
    client.process.router.on_connect(hook)
    assert served(sidecar, client).connect().error == {
        "code": "refused", "message": "no", "data": {"retry": False}
    }  # fmt: skip


def test_false_refuses_whichever_hook_returns_it(sidecar: Sidecar, client: Client) -> None:
    client.process.router.on_connect(lambda socket: False)

    @client.process.router.on_connect
    def second(socket: Socket) -> None: ...

    assert served(sidecar, client).connect().error == {
        "code": "refused", "message": "connection refused"
    }  # fmt: skip


def test_a_refused_connection_of_the_apps_own_is_no_refusal(
    sidecar: Sidecar, client: Client
) -> None:
    @client.process.router.on_connect
    def connect(socket: Socket) -> None:
        raise ConnectionRefusedError(111, "Connection refused")  # what a database away raises

    error = served(sidecar, client).connect().error
    assert error is not None
    assert error["code"] == "internal"


def test_a_recovered_client_keeps_what_the_hook_does_not_touch(
    sidecar: Sidecar, client: Client
) -> None:
    seen: list[bool] = []
    client.process.router.on_connect(lambda socket: seen.append(socket.recovered))
    assert served(sidecar, client).connect(recovered=True).result == {}
    assert seen == [True]


def test_a_disconnect_hook_hears_why(sidecar: Sidecar, client: Client) -> None:
    heard: list[Any] = []
    client.process.router.on_disconnect(lambda s, reason: heard.append((s.id, s.rooms, reason)))
    asked = served(sidecar, client).ask(
        "disconnect", id="d1", socket="s1", namespace="/", reason="transport close", user=None,
        data=None, rooms=["a"],
    )  # fmt: skip
    assert asked.result() == {}
    assert heard == [("s1", ["a"], "transport close")]
