"""A process that takes events: its greeting, what else it is told, and its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from realtime_sidecar import Client, Socket
from realtime_sidecar import _protocol as protocol
from support.serving import served
from support.sidecar import PATIENCE, Sidecar
from support.waiting import eventually

Make = Callable[..., Client]


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


def test_handlers_that_come_while_it_serves_are_told(sidecar: Sidecar, client: Client) -> None:
    first = served(sidecar, client)
    on = client.process.router.on
    on("a")(print)  # in a namespace that was told
    on("b", namespace="/late")(print)
    assert first.expect("bye").params == {"reason": "renewing"}
    assert sidecar.link().hello["namespaces"] == ["/", "/late"]


def test_what_changes_while_it_greets_is_told_next(sidecar: Sidecar, client: Client) -> None:
    welcome = sidecar.answers["hello"]

    def serve_meanwhile(request: protocol.Request) -> Any:
        sidecar.answers["hello"] = welcome
        client.process.serve()
        return welcome(request)

    sidecar.answers["hello"] = serve_meanwhile
    client.emit("e", 1)
    assert sidecar.link().hello["role"] == "emitter"
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
