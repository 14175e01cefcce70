"""The binding, the built sidecar and a Socket.IO client, together.

``REALTIME_BIN`` names the binary; without it these tests fail, since nothing else shows that the
two sides understand each other.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import realtime_sidecar as realtime
from realtime_sidecar import Client, RequestError, Socket
from support.polling import PollingClient
from support.servers import Program, free_port, listening, python
from support.sidecar import PATIENCE
from support.waiting import eventually


class Sidecar:
    """The binary on a port of its own."""

    def __init__(self, directory: str) -> None:
        self.binary = os.environ.get("REALTIME_BIN", "")
        if not os.access(self.binary, os.X_OK):
            pytest.fail(f"REALTIME_BIN must name the built sidecar, not {self.binary!r}")
        self.socket = os.path.join(directory, "s")
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.program = Program(
            self.binary, "serve", f"--listen=127.0.0.1:{self.port}", f"--socket={self.socket}",
            "--upstream=http://127.0.0.1:9",
        )  # fmt: skip
        try:
            listening(self.port)
        except AssertionError:
            self.program.close()  # shows what it said
            raise


@pytest.fixture
def sidecar() -> Iterator[Sidecar]:
    with tempfile.TemporaryDirectory(prefix="rt") as directory:
        running = Sidecar(directory)
        yield running
        running.program.close()


@pytest.fixture
def client(sidecar: Sidecar) -> Iterator[Client]:
    made = Client(socket=sidecar.socket, retry_delay=0.01, stop_timeout=2.0)
    yield made
    made.process.stop("test over")
    assert not [t.name for t in threading.enumerate() if t.name.startswith("realtime.")]


@pytest.fixture
def join(sidecar: Sidecar) -> Iterator[Callable[..., PollingClient]]:
    joined: list[PollingClient] = []

    def make(auth: Any = None) -> PollingClient:
        joined.append(PollingClient(sidecar.port, auth))
        return joined[-1]

    yield make
    for made in joined:
        made.close()


Join = Callable[..., PollingClient]


def serve(client: Client) -> list[Any]:
    """Registers the handlers of these tests and serves; gives what the hooks have heard."""
    heard: list[Any] = []
    router = client.process.router

    @router.on_connect
    def connect(socket: Socket, auth: Any) -> None:
        if auth == {"token": "bad"}:
            realtime.reject("not for you", {"retry": False})
        socket.join("lobby")
        socket.user = 7
        socket.data = {"auth": auth}
        socket.emit("welcome", socket.transport)

    @router.on_disconnect
    def disconnect(socket: Socket, reason: str) -> None:
        heard.append(("disconnect", socket.id, socket.user, socket.rooms, reason))

    @router.on("echo")
    def echo(socket: Socket, *args: Any) -> realtime.Ack:
        return realtime.ack(*args)

    @router.on("aecho")
    async def aecho(socket: Socket, *args: Any) -> Any:
        info = await socket.ainfo()
        return [info.rooms, info.user, socket.data, list(args)]

    @router.on("say")
    def say(socket: Socket, text: str) -> None:
        socket.to("lobby").emit("said", text)

    @router.on("later")
    def later(socket: Socket) -> realtime.Deferred:
        deferred = realtime.defer()
        threading.Timer(0.01, deferred, ("done",)).start()
        return deferred

    @router.on_server_event("clear")
    def clear(what: str) -> None:
        heard.append(("clear", what))

    client.process.serve()
    return heard


def test_a_client_is_let_in_talks_and_leaves(client: Client, join: Join) -> None:
    heard = serve(client)
    one, two = join({"token": "good"}), join()
    assert one.heard("welcome") == ["polling"]
    assert one.call("echo", 1, {"a": [None, True]}, "é") == [1, {"a": [None, True]}, "é"]
    assert two.call("aecho", "x") == [[["lobby"], "7", {"auth": None}, ["x"]]]
    assert one.call("later") == ["done"]
    one.emit("say", "hi")
    assert two.heard("said") == ["hi"]
    assert ("said", ["hi"]) not in one.events
    one.close()
    eventually(lambda: len(heard) == 1)
    kind, id, user, rooms, reason = heard[0]
    assert (kind, id, user, rooms) == ("disconnect", one.id, "7", ["lobby"])
    assert reason


def test_a_refusal_is_told_as_it_is(client: Client, join: Join) -> None:
    serve(client)
    refused = join({"token": "bad"})
    assert refused.connected == {"message": "not for you", "data": {"retry": False}}


def test_what_the_app_can_ask(client: Client, join: Join) -> None:
    heard = serve(client)
    one, two = join(), join()
    assert client.count() == client.count(to="lobby") == client.count(users=7) == 2
    assert client.to(one.id).call("you?", 5, timeout=30).value == "you?"
    result = client.to("lobby").call("all?", timeout=30)
    assert (result.expected, len(result), result.timed_out) == (2, 2, False)
    assert client.join("vip", to=one.id, confirm=True) == 1
    assert client.rooms()["vip"] == 1
    (info,) = client.sockets(to="vip")
    assert (info.id, info.user, sorted(info.rooms)) == (one.id, "7", ["lobby", "vip"])
    assert (info.dialect, info.transport, info.address) == ("EIO4", "polling", "127.0.0.1")
    page = client.sockets(limit=1)
    rest = client.sockets(limit=1, after=page.next)
    assert {page.sockets[0].id, rest.sockets[0].id} == {one.id, two.id}
    client.set(one.id, data={"n": 1}, user="8", confirm=True)
    assert client.count(users="8") == 1
    assert client.emit("only", 1, users=8, confirm=True)
    assert one.heard("only") == [1]
    client.emit("nobody", to=[])
    with client.batch(confirm=True):
        client.emit("a", 1, except_=one.id)
        client.emit("b", 2)
    assert two.heard("b") == [2]
    assert two.events == [("welcome", ["polling"]), ("a", [1])]
    client.server_emit("clear", "cache")
    eventually(lambda: ("clear", "cache") in heard)
    assert client.stats()
    assert client.disconnect(to=two.id, confirm=True) == 1
    eventually(lambda: client.count() == 1)


def test_a_reserved_name_is_refused(client: Client) -> None:
    with pytest.raises(RequestError, match="reserved_event"):
        client.emit("connect", confirm=True)
    client.emit("disconnect")
    eventually(lambda: client.process.status().rejected == 1)


def test_the_largest_nesting_passes_and_does_not_end_the_link(client: Client) -> None:
    value: Any = 1
    for _ in range(59):
        value = [value]
    assert client.emit("deep", value, confirm=True)
    with pytest.raises(realtime.EncodeError):
        client.emit("deep", [[[value]]])
    assert client.process.status().connected


def test_ten_thousand_emits_of_many_threads_arrive_in_order(client: Client, join: Join) -> None:
    serve(client)
    one = join()

    def work(name: int) -> None:
        for number in range(500):
            client.emit("n", name, number)
            if number % 100 == 99:
                client.count()  # lets the client keep up with what is sent

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    one.wait(lambda: len(one.events) == 2001)
    for name in range(4):
        got = [args[1] for event, args in one.events if event == "n" and args[0] == name]
        assert got == list(range(500))


def test_the_app_restarts_and_its_clients_stay(
    sidecar: Sidecar, client: Client, join: Join
) -> None:
    serve(client)
    one = join()
    client.process.stop("deploy")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.call, "echo", "while away")
        successor = Client(socket=sidecar.socket)
        serve(successor)
        assert waiting.result(PATIENCE) == ["while away"]
    successor.process.stop()


def test_the_sidecar_restarts_and_the_app_is_told(sidecar: Sidecar, client: Client) -> None:
    resets: list[Any] = []
    client.process.router.on_reset(lambda boot, previous: resets.append(boot != previous))
    serve(client)
    client.emit("ready", confirm=True)
    sidecar.program.term()
    sidecar.program.close()
    client.emit("kept", 1)
    sidecar.start()
    eventually(lambda: resets == [True])
    assert client.emit("again", confirm=True)
    assert client.process.status().dropped == 0


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["", "preload"])
def test_django_under_gunicorn(
    sidecar: Sidecar, join: Join, tmp_path: Path, preload: list[str]
) -> None:
    server = python(
        "-m", "gunicorn", "-w", "2", "-b", f"unix:{tmp_path}/g", *preload, "wsgi:application",
        REALTIME_SOCKET=sidecar.socket, SHOP_DATABASE=str(tmp_path / "shop.sqlite3"),
    )  # fmt: skip
    try:
        one = join()
        pids = set()

        def both_have_answered() -> bool:
            number, pid = one.call("ask", 41)[0]
            assert number == 42
            pids.add(pid)
            return len(pids) == 2

        eventually(both_have_answered)
        assert server.process.pid not in pids
        assert one.call("echo", "a", 1) == ["a", 1]
        assert one.heard("heard") == ["a", 1]
        assert server.term() == 0
    finally:
        server.close()
