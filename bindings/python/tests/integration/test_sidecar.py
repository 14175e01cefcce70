"""The binding, the built sidecar and a Socket.IO client, together.

``REALTIME_BIN`` names the binary, over the library ``REALTIME_LIBRARY`` that; without it these
tests fail, since nothing else shows that the two sides understand each other.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import realtime_sidecar as realtime
from realtime_sidecar import Client, EncodeError, RequestError, Socket
from support.polling import PollingClient
from support.servers import Program, free_port, listening, python
from support.sidecar import PATIENCE
from support.waiting import eventually
from support.way import LIBRARY, server


class Sidecar:
    """The server on a port of its own: the binary, or, over the library, in this process."""

    def __init__(self, directory: str, options: Mapping[str, str]) -> None:
        self.options = options
        self.socket = os.path.join(directory, "s")
        self.port = free_port()
        self.start()

    def start(self) -> None:
        listen = f"127.0.0.1:{self.port}"
        if LIBRARY:
            self.inside = server(self.client(), listen=listen, **self.options)
            return
        binary = os.environ.get("REALTIME_BIN", "")
        if not os.access(binary, os.X_OK):
            pytest.fail(f"REALTIME_BIN must name the built sidecar, not {binary!r}")
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in self.options.items()]
        self.program = Program(
            binary, "serve", f"--listen={listen}", f"--socket={self.socket}",
            "--upstream=http://127.0.0.1:9", *flags,
        )  # fmt: skip
        try:
            listening(self.port)
        except AssertionError:
            self.program.close()  # shows what it said
            raise

    def stop(self) -> None:
        if LIBRARY:
            self.inside.stop(PATIENCE)
            self.inside.free()
        else:
            self.program.term()
            self.program.close()

    def client(self) -> Client:
        """Makes a client that goes the way that is tested."""
        made = Client(socket=self.socket, retry_delay=0.01, stop_timeout=2.0)
        if LIBRARY:
            setattr(made.process, "way", lambda: self.inside)  # noqa: B010 - a method
        return made


@pytest.fixture
def sidecar(request: pytest.FixtureRequest) -> Iterator[Sidecar]:
    with tempfile.TemporaryDirectory(prefix="rt") as directory:
        running = Sidecar(directory, getattr(request, "param", {}))
        yield running
        running.stop()


@pytest.fixture
def client(sidecar: Sidecar) -> Iterator[Client]:
    made = sidecar.client()
    yield made
    made.process.stop("test over")
    assert not [t.name for t in threading.enumerate() if t.name.startswith("realtime.")]


@pytest.fixture
def join(sidecar: Sidecar) -> Iterator[Callable[..., PollingClient]]:
    joined: list[PollingClient] = []

    def make(auth: Any = None, namespace: str = "/") -> PollingClient:
        joined.append(PollingClient(sidecar.port, auth, namespace=namespace))
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
    assert client.to(one.id).call("you?", 5, timeout=30).value == ["you?", 5]
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
    client.server_emit("clear", "cache")  # it has no other process
    assert client.stats()
    assert ("clear", "cache") not in heard
    assert client.disconnect(to=two.id, confirm=True) == 1
    eventually(lambda: client.count() == 1)


WORKER = """
import os
import realtime_sidecar as realtime

@realtime.on_server_event("heard")
def heard(what):
    realtime.emit("heard", os.getpid(), what)

@realtime.on("tell")
def tell(socket):
    realtime.server_emit("heard", "worker")
    return os.getpid()

realtime.run()
"""


def test_a_server_event_reaches_every_handler_process_but_its_senders(
    sidecar: Sidecar, client: Client, join: Join
) -> None:
    workers = [python("-c", WORKER, REALTIME_SOCKET=sidecar.socket) for _ in range(2)]
    try:
        eventually(lambda: client.stats()["handlers"] == 2)
        page = join()
        client.server_emit("heard", "job")
        (sender,) = page.call("tell")
        client.server_emit("heard", "end")  # behind all that came before
        page.wait(lambda: len(page.events) == 5)
        one, two = (worker.process.pid for worker in workers)
        heard = sorted((pid, what) for _, (pid, what) in page.events)
        expected = [(pid, what) for pid in (one, two) for what in ("end", "job")]
        assert heard == sorted([*expected, (two if sender == one else one, "worker")])
    finally:
        for worker in workers:
            worker.close()


def test_what_is_refused_has_its_code(client: Client) -> None:
    with pytest.raises(RequestError, match="invalid_namespace"):
        client.emit("e", namespace="/a,b", confirm=True)
    client.emit("e", namespace="/a,b")
    eventually(lambda: client.process.status().rejected == 1)


def test_what_is_too_much_is_refused_at_the_call_as_the_sidecar_would(
    client: Client, join: Join
) -> None:
    serve(client)
    page = join()
    client.stats()  # the greeting has been answered
    for args in ([b"x"] * 11, ["x" * 1_000_001], [b"x" * 1_000_001]):
        with pytest.raises(EncodeError):
            client.emit("e", *args)
    with pytest.raises(EncodeError):
        client.join("x" * 257, to=page.id)
    client.emit("within", "x" * 999_900, compress=False)
    assert len(page.heard("within")[0]) == 999_900
    assert client.process.status().rejected == 0


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
        successor = sidecar.client()
        serve(successor)
        assert waiting.result(PATIENCE) == ["while away"]
    successor.process.stop()


def test_the_sidecar_restarts_and_the_app_is_told(sidecar: Sidecar, client: Client) -> None:
    resets: list[Any] = []
    client.process.router.on_reset(lambda boot, previous: resets.append(boot != previous))
    serve(client)
    client.emit("ready", confirm=True)
    sidecar.stop()
    client.emit("kept", 1)
    sidecar.start()
    eventually(lambda: resets == [True])
    assert client.emit("again", confirm=True)
    assert client.process.status().dropped == 0


ROOM = re.compile(r"\A/room-(?P<id>\d+)\Z")


@pytest.mark.parametrize("sidecar", [{"app_grace": "1s"}], indirect=True, ids=[""])
def test_namespaces_whose_names_clients_make_up(client: Client, join: Join) -> None:
    router = client.process.router
    heard: list[Any] = []

    @router.on_connect(namespace=ROOM)
    def enter(socket: Socket) -> None:
        assert socket.namespace_match is not None
        socket.data = socket.namespace_match["id"]
        socket.join("members")

    @router.on("which", namespace=ROOM)
    def which(socket: Socket) -> Any:
        assert socket.namespace_match is not None
        return [socket.data, socket.namespace_match["id"], socket.dialect, socket.transport]

    router.on_any(namespace="/*")(lambda socket, event: heard.append((socket.namespace, event)))
    router.on("where", namespace="/*/of/*")(lambda socket: list(socket.namespace_match.groups()))
    client.process.serve()
    one, two, other = join(namespace="/room-1"), join(namespace="/room-2"), join()
    assert one.call("which") == [["1", "1", "EIO4", "polling"]]
    assert join(namespace="/red/of/blue").call("where") == [["red", "blue"]]
    assert heard == [("/room-1", "which"), ("/red/of/blue", "where")]
    for name in ("/room-*", "/room-*/x", "/*-*"):
        assert join(namespace=name).connected == {"message": "Invalid namespace"}

    client.of("/room-1").emit("one")
    client.emit("members", to="members", namespace="/room-*")
    client.of("/*").send("all")
    assert [one.heard(event) for event in ("one", "members", "message")] == [[], [], ["all"]]
    assert [two.heard("members"), two.heard("message"), other.heard("message")]
    assert not one.events
    assert not two.events
    assert [client.of(name).count() for name in ("/room-*", "*")] == [2, 4]
    assert [each.id for each in client.of("/room-*").sockets()] == sorted((one.id, two.id))
    assert client.of("/room-*").disconnect(all_=True, confirm=True) == 2


@pytest.mark.parametrize("sidecar", [{"app_grace": "1s"}], indirect=True, ids=[""])
def test_a_namespace_that_no_expression_fits_is_nobodys(client: Client, join: Join) -> None:
    client.process.router.on("which", namespace=ROOM)(print)
    client.process.serve()
    assert "sid" in join(namespace="/room-7").connected
    for name in ("/room-x", "/room-7/x", "/nowhere"):
        assert join(namespace=name).connected == {"message": "Invalid namespace"}
