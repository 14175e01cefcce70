"""Handlers as the sidecar sees them: a question goes in, an answer comes out."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import realtime_sidecar as realtime
from realtime_sidecar import Client, ConfigurationError, Deferred, Socket
from realtime_sidecar._router import Router
from support.sidecar import PATIENCE, Link, Sidecar
from support.waiting import eventually

Make = Callable[..., Client]


def served(sidecar: Sidecar, client: Client) -> Link:
    client.process.serve()
    return sidecar.link()


def result_of(sidecar: Sidecar, client: Client, handler: Callable[..., Any], *args: Any) -> Any:
    client.process.router.on("e")(handler)
    return served(sidecar, client).event("e", *args).result()


def test_the_greeting_of_a_handler(sidecar: Sidecar, client: Client) -> None:
    router = client.process.router
    router.on("a", namespace="/chat")(print)
    router.on_connect(lambda socket: None)
    hello = served(sidecar, client).hello
    assert (hello["role"], hello["window"], hello["hooks"]) == ("handler", 4, ["connect"])
    assert hello["namespaces"] == ["/", "/chat"]


def test_the_window_of_async_handlers_is_wider(sidecar: Sidecar, client: Client) -> None:
    async def handler(socket: Socket) -> None: ...

    client.process.router.on("e")(handler)
    assert served(sidecar, client).hello["window"] == 32


def test_settings_say_window_and_namespaces(sidecar: Sidecar, make_client: Make) -> None:
    hello = served(sidecar, make_client(window=9, namespaces=("/x",), redeliver=2)).hello
    assert (hello["window"], hello["namespaces"]) == (9, ["/", "/x"])
    assert hello["redeliver"] == 2


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


def test_server_events_reach_their_handler(sidecar: Sidecar, client: Client) -> None:
    heard: list[Any] = []
    client.process.router.on_server_event("clear")(lambda *args: heard.append(args))
    link = served(sidecar, client)
    assert link.ask("server_event", namespace="/", event="clear", args=["a"]).result() == {}
    assert link.ask("server_event", namespace="/", event="other", args=[]).result() == {}
    assert heard == [("a",)]


def test_another_sidecar_resets_what_was_built(sidecar: Sidecar, client: Client) -> None:
    heard: list[Any] = []
    client.process.router.on_reset(lambda boot, previous: heard.append((boot, previous)))
    served(sidecar, client).cut()
    sidecar.link()  # the same one again: nothing is lost
    sidecar.stop()
    sidecar.boot = "boot-2"
    sidecar.listen()
    sidecar.link()
    eventually(lambda: heard == [("boot-2", "boot-1")])


def test_an_unknown_or_misshapen_request_is_answered(sidecar: Sidecar, client: Client) -> None:
    link = served(sidecar, client)
    error = link.ask("frobnicate").answer().error
    assert error == {"code": "unknown_method", "message": "no method 'frobnicate'"}
    error = link.ask("event", event="e").answer().error
    assert error is not None
    assert error["code"] == "invalid"


# Life.


def test_an_emitter_becomes_a_handler(sidecar: Sidecar, client: Client) -> None:
    client.emit("e", 1)
    first = sidecar.link()
    assert first.emits(1) == [1]
    client.process.serve()
    client.process.serve()
    assert first.expect("bye").params == {"reason": "renewing"}
    assert sidecar.link().hello["role"] == "handler"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_handler_may_stop_its_own_process(sidecar: Sidecar, client: Client, kind: str) -> None:
    # It waited for itself, and then failed.
    def stop(socket: Socket) -> str:
        client.process.stop("said so")
        return "the last answer"

    async def astop(socket: Socket) -> str:
        return stop(socket)

    client.process.router.on("e")(stop if kind == "sync" else astop)
    link = served(sidecar, client)
    assert link.event("e").result() == ["the last answer"]
    link.expect("drain")
    assert link.expect("bye").params == {"reason": "said so"}
    eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("realtime.")])


def test_stop_drains_answers_what_it_holds_and_says_bye(sidecar: Sidecar, client: Client) -> None:
    release = threading.Event()
    started = threading.Event()

    @client.process.router.on("slow")
    def slow(socket: Socket) -> str:
        started.set()
        release.wait(PATIENCE)
        return "finished"

    link = served(sidecar, client)
    asked = link.event("slow")
    assert started.wait(PATIENCE)
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(client.process.stop, "deploy")
        link.expect("drain")
        assert not stopped.done()
        release.set()
        assert asked.result() == ["finished"]
        assert link.expect("bye").params == {"reason": "deploy"}
        stopped.result(PATIENCE)


def test_an_answer_to_a_lost_connection_is_dropped(sidecar: Sidecar, client: Client) -> None:
    release = threading.Event()
    client.process.router.on("slow")(lambda socket: (release.wait(PATIENCE), None)[1])
    link = served(sidecar, client)
    link.event("slow")
    eventually(lambda: not client.process.idle())
    link.cut()
    second = sidecar.link()
    release.set()
    eventually(client.process.idle)
    assert second.ask("ping").result() == {}
    assert second.frames.empty()


# The table.


def test_two_functions_for_one_event_are_an_error() -> None:
    router = Router()
    router.on("e")(print)
    router.on("e")(print)  # the same again: its module was loaded twice
    with pytest.raises(ConfigurationError, match=r"handled by builtins\.print"):
        router.on("e")(len)


def test_patterns_match_after_exact_names() -> None:
    router = Router()
    router.on("e", namespace="/room-*")(print)
    router.on("e", namespace="/room-1")(len)
    one, two, other = (router.event(name, "e") for name in ("/room-1", "/room-2", "/rooms"))
    assert one is not None
    assert two is not None
    assert (one.handler.function, two.handler.function, other) == (len, print, None)
    assert router.namespaces() == ["/", "/room-*", "/room-1"]


def test_a_namespace_without_a_guard_is_named() -> None:
    router = Router()
    router.on("e", namespace="/open")(print)
    assert router.unguarded() == []
    router.on_connect(namespace="/*")(print)
    assert router.unguarded() == []
    router = Router()
    router.on("e", namespace="/open")(print)
    router.on("e", namespace=re.compile(r"/open-\d+"))(print)
    router.on_connect(print)
    assert router.unguarded() == ["/open", r"~/open-\d+"]
    router.on_connect(namespace="/open*")(print)
    assert router.unguarded() == []
    router = Router()
    router.on_connect(namespace=re.compile(r"/own-\d+"))(print)
    assert router.open() == ["/"]
