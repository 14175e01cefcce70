"""Events as the sidecar sees them: a question goes in, an answer comes out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

import realtime_sidecar as realtime
from realtime_sidecar import Client, Deferred, Socket
from support.serving import result_of, served
from support.sidecar import PATIENCE, Sidecar

Make = Callable[..., Client]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        (7, [7]),
        ([1, 2], [[1, 2]]),
        (realtime.ack(1, 2), [1, 2]),
        (realtime.ack(), []),
        (b"x", [b"x"]),
    ],
)
def test_a_handlers_value_is_the_ack(
    sidecar: Sidecar, client: Client, value: Any, expected: Any
) -> None:
    assert result_of(sidecar, client, lambda socket: value) == expected


def test_an_async_handlers_value_is_the_ack(sidecar: Sidecar, client: Client) -> None:
    async def handler(socket: Socket, number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    assert result_of(sidecar, client, handler, 1) == [2]


def test_a_sync_handler_may_return_an_awaitable(sidecar: Sidecar, client: Client) -> None:
    async def later() -> str:
        return threading.current_thread().name

    assert result_of(sidecar, client, lambda socket: later()) == ["realtime.loop"]


def test_no_ack_is_sent_where_none_is_wanted_or_nobody_listens(
    sidecar: Sidecar, client: Client
) -> None:
    client.process.router.on("e")(lambda socket: 1)
    link = served(sidecar, client)
    assert link.event("e", ack=False).result() is None
    assert link.event("other").result() is None


def test_the_socket_of_an_event(sidecar: Sidecar, client: Client) -> None:
    seen: list[Socket] = []
    client.process.router.on("e")(seen.append)
    served(sidecar, client).event("e", user="7", data={"n": 1}, attempt=2).result()
    (socket,) = seen
    assert (socket.id, socket.user, socket.data, socket.attempt) == ("s1", "7", {"n": 1}, 2)
    assert (socket.event_id, socket.handshake, socket.recovered) == ("b-1", None, False)


def test_what_a_handler_emits_goes_before_its_answer(sidecar: Sidecar, client: Client) -> None:
    def handler(socket: Socket) -> None:
        socket.emit("you", 1)
        socket.send("hi")
        socket.broadcast.emit("others")
        socket.to("room").except_("x").emit("room")
        socket.volatile.emit("maybe")
        socket.join("a", "b")
        socket.leave("c")
        socket.data = {"new": 1}
        socket.user = 8
        socket.disconnect(close=True)

    client.process.router.on("e")(handler)
    link = served(sidecar, client)
    link.event("e").result()
    methods = ["emit"] * 5 + ["join", "leave", "set", "set", "disconnect"]
    got = [link.expect(method) for method in methods]
    assert [(f.method, {k: v for k, v in f.params.items() if k != "namespace"}) for f in got] == [
        ("emit", {"to": ["s1"], "event": "you", "args": [1]}),
        ("emit", {"to": ["s1"], "event": "message", "args": ["hi"]}),
        ("emit", {"except": ["s1"], "event": "others", "args": []}),
        ("emit", {"to": ["room"], "except": ["s1", "x"], "event": "room", "args": []}),
        ("emit", {"to": ["s1"], "event": "maybe", "args": [], "volatile": True}),
        ("join", {"to": ["s1"], "rooms": ["a", "b"]}),
        ("leave", {"to": ["s1"], "rooms": ["c"]}),
        ("set", {"socket": "s1", "data": {"new": 1}}),
        ("set", {"socket": "s1", "user": "8"}),
        ("disconnect", {"to": ["s1"], "close": True}),
    ]


def test_a_handler_may_call_its_client(sidecar: Sidecar, client: Client) -> None:
    acks = {"acks": [["s1", ["yes"]]], "expected": 1, "gone": [], "timed_out": False}
    sidecar.answers["call"] = lambda _: (None, acks)
    assert result_of(sidecar, client, lambda socket: socket.call("sure?", timeout=1)) == ["yes"]


def test_a_client_that_does_not_answer_or_left_raises(sidecar: Sidecar, client: Client) -> None:
    def handler(socket: Socket) -> str:
        with pytest.raises(realtime.AnswerTimeoutError, match="sure"):
            socket.call("sure?", timeout=0.01)
        sidecar.answers["call"] = lambda _: (None, {"acks": [], "gone": ["s1"]})
        with pytest.raises(realtime.RequestError, match="gone"):
            socket.call("sure?")
        return "ok"

    sidecar.answers["call"] = lambda _: (None, {"acks": [], "timed_out": True})
    assert result_of(sidecar, client, handler) == ["ok"]


def test_an_event_says_what_its_client_is(sidecar: Sidecar, client: Client) -> None:
    client.process.router.on("e")(lambda s: [s.dialect, s.transport])
    client.process.router.on_disconnect(lambda s: told.append((s.dialect, s.transport)))
    client.process.router.on_connect(lambda s: told.append((s.dialect, s.recovered)))
    told: list[Any] = []
    link = served(sidecar, client)
    link.connect(recovered=True)
    assert link.event("e", dialect="V09", transport="htmlfile").result() == [["V09", "htmlfile"]]
    params = {"id": "b-2", "socket": "s1", "namespace": "/", "user": None, "data": None}
    link.ask(
        "disconnect", reason="", rooms=[], dialect="EIO3", transport="jsonp", **params
    ).result()
    assert told == [("EIO4", True), ("EIO3", "jsonp")]


def test_rooms_and_transport_are_asked_for_once(sidecar: Sidecar, client: Client) -> None:
    info = {"id": "s1", "rooms": ["a"], "transport": "polling", "dialect": "EIO4"}
    asked: list[Any] = []

    def answer(request: Any) -> Any:
        asked.append(request)
        return None, {"sockets": [info], "next": None}

    sidecar.answers["sockets"] = answer
    values = result_of(sidecar, client, lambda s: [s.rooms, s.transport, s.dialect])
    assert values == [[["a"], "polling", "EIO4"]]
    assert len(asked) == 1


def test_a_raising_handler_is_answered_and_logged(
    sidecar: Sidecar, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(socket: Socket) -> None:
        raise LookupError("secret text")

    client.process.router.on("e")(handler)
    link = served(sidecar, client)
    assert link.event("e").answer().error == {
        "code": "internal", "message": "LookupError in event e of /"
    }  # fmt: skip
    assert "secret text" in caplog.text
    assert link.event("e").answer().error  # the thread lives on


def test_an_ack_without_a_form_is_an_error_not_a_silence(sidecar: Sidecar, client: Client) -> None:
    client.process.router.on("e")(lambda socket: object())
    error = served(sidecar, client).event("e").answer().error
    assert error is not None
    assert error["code"] == "internal"


def test_on_any_hears_every_event_before_its_handler(sidecar: Sidecar, client: Client) -> None:
    heard: list[Any] = []
    client.process.router.on_any(lambda socket, event, *args: heard.append((event, args)))
    client.process.router.on_any(namespace="/*")(lambda socket, event: heard.append(event))
    client.process.router.on("e")(lambda socket, arg: heard.append("handler"))
    link = served(sidecar, client)
    assert link.event("e", 1).result() == []
    assert link.event("unknown").result() is None
    assert heard == [("e", (1,)), "e", "handler", ("unknown", ()), "unknown"]


def test_a_deferred_ack_follows_later(sidecar: Sidecar, client: Client) -> None:
    given: list[Deferred] = []

    def handler(socket: Socket) -> Deferred:
        given.append(realtime.defer())
        return given[0]

    client.process.router.on("e")(handler)
    link = served(sidecar, client)
    assert link.event("e").result() == {"defer": True}
    given[0]("done", 2)
    assert link.expect("ack").params == {"id": "b-1", "args": ["done", 2]}
    with pytest.raises(realtime.RealtimeError, match="given before"):
        given[0]()


def test_a_deferred_ack_given_at_once_is_an_ordinary_one(sidecar: Sidecar, client: Client) -> None:
    async def handler(socket: Socket) -> None:
        realtime.defer()("now")

    assert result_of(sidecar, client, handler) == ["now"]


def test_defer_outside_a_handler_raises() -> None:
    with pytest.raises(realtime.RealtimeError, match="handler of an event"):
        realtime.defer()


def test_two_threads_work_at_once_and_async_handlers_many(
    sidecar: Sidecar, make_client: Make
) -> None:
    client = make_client()
    meeting = threading.Barrier(2)
    client.process.router.on("meet")(lambda socket: (meeting.wait(PATIENCE), None)[1])
    together = 10
    arrived: list[int] = []

    @client.process.router.on("wait")
    async def wait(socket: Socket) -> None:
        arrived.append(1)
        while len(arrived) < together:
            await asyncio.sleep(0.001)

    link = served(sidecar, client)
    for answer in [link.event("meet", socket=name) for name in ("s1", "s2")]:
        assert answer.result() == []
    for asked in [link.event("wait", socket=str(number)) for number in range(together)]:
        assert asked.result() == []


# Connect and disconnect.
