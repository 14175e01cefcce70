"""What a framework may put around handlers, without any framework."""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from realtime_sidecar import Client, RealtimeError, Socket
from realtime_sidecar._handler import Handler, Step
from realtime_sidecar._surroundings import Surroundings
from support.sidecar import PATIENCE, Link, Sidecar

Make = Callable[..., Client]


def serve(sidecar: Sidecar, client: Client, **surroundings: Any) -> Link:
    client.process.surround(Surroundings(**surroundings))
    client.process.serve()
    return sidecar.link()


class Mine(Socket):
    """A framework's own socket."""


def test_handlers_get_the_frameworks_socket(sidecar: Sidecar, client: Client) -> None:
    router = client.process.router
    seen: list[type] = []
    router.on_connect(lambda socket: seen.append(type(socket)))
    router.on("e")(lambda socket: seen.append(type(socket)))
    router.on_disconnect(lambda socket: seen.append(type(socket)))
    link = serve(sidecar, client, socket=Mine)
    link.connect()
    link.event("e").result()
    link.ask("disconnect", id="b-2", socket="s1", namespace="/", reason="bye").result()
    assert seen == [Mine, Mine, Mine]


def test_a_framework_has_hooks_and_steps_of_its_own(sidecar: Sidecar, client: Client) -> None:
    def steps(method: str, socket: Socket, params: dict[str, Any], own: list[Step]) -> list[Step]:
        def name(socket: Socket) -> None:
            socket.data = [method, params["socket"], len(own)]

        return [(Handler.of(name), (socket,)), *own] if method == "connect" else own

    link = serve(sidecar, client, hooks=lambda: ["connect"], steps=steps)
    assert link.hello["hooks"] == ["connect"]
    assert link.connect("s1").result == {"data": ["connect", "s1", 0]}
    assert link.event("nobody listens").result() is None


class NotAllowed(Exception):
    """A framework's own way to say so."""


def test_a_denial_is_no_failure(
    sidecar: Sidecar, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "realtime.handlers")

    @client.process.router.on("e")
    @client.process.router.on_connect
    def deny(socket: Socket) -> None:
        raise NotAllowed(*(["members only"] if socket.connecting else ["secret text"]))

    link = serve(sidecar, client, denials=(NotAllowed,))
    assert link.connect().error == {"code": "refused", "message": "members only"}
    error = link.event("e").answer().error
    assert error == {"code": "refused", "message": "NotAllowed in event e of /"}
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_threads_with_nothing_to_do_say_so_once(sidecar: Sidecar, make_client: Make) -> None:
    idle: list[str] = []
    said = threading.Event()

    def tidy() -> None:
        idle.append(threading.current_thread().name)
        said.set()
        raise RuntimeError("must not end the thread")

    client = make_client(handler_threads=1)
    client.process.router.on("e")(lambda socket: len(idle))
    link = serve(sidecar, client, idle=tidy, idle_after=0.01)
    assert said.wait(PATIENCE)
    assert link.event("e").result() == [1]
    assert idle[0] == "realtime.worker.1"


def test_a_connect_hook_names_login_and_expiry(sidecar: Sidecar, client: Client) -> None:
    @client.process.router.on_connect
    def connect(socket: Socket, auth: Any) -> None:
        socket.login = "session-1"
        assert socket.login == "session-1"
        socket.expire_at(datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))
        if auth == "soon":
            socket.expire_at(1_700_000_000.25)

    link = serve(sidecar, client)
    assert link.connect().result == {"login": "session-1", "expires": 1_893_456_000_000}
    assert link.connect(auth="soon").result["expires"] == 1_700_000_000_250


@pytest.mark.parametrize("login", ["x" * 257, 7, b"key"])
def test_a_login_is_a_short_text(sidecar: Sidecar, client: Client, login: Any) -> None:
    @client.process.router.on_connect
    def connect(socket: Socket) -> None:
        with pytest.raises(ValueError, match="at most 256 bytes"):
            socket.login = login
        with pytest.raises(ValueError, match="time zone"):
            socket.expire_at(datetime.datetime(2030, 1, 1))

    assert serve(sidecar, client).connect().result == {}


def test_login_comes_back_and_stays(sidecar: Sidecar, client: Client) -> None:
    @client.process.router.on("e")
    def handler(socket: Socket) -> Any:
        with pytest.raises(RealtimeError, match="connect hook"):
            socket.login = "another"
        with pytest.raises(RealtimeError, match="connect hook"):
            socket.expire_at(None)
        return [socket.login, socket.auth, socket.claims]

    link = serve(sidecar, client)
    assert link.event("e", login="session-1").result() == [["session-1", None, None]]
    assert link.event("e").result() == [[None, None, None]]


def test_claims_are_told_to_connect_hooks(sidecar: Sidecar, client: Client) -> None:
    seen: list[Any] = []
    client.process.router.on_connect(lambda socket: seen.append(socket.claims))
    link = serve(sidecar, client)
    handshake: dict[str, Any] = {"headers": {}, "query": {}}
    keys = {"socket": "s1", "namespace": "/", "auth": None, "recovered": False}
    link.ask("connect", handshake=handshake, claims={"sub": "7"}, **keys).result()
    link.connect()
    assert seen == [{"sub": "7"}, None]
