"""What `start` makes of its arguments and of the settings, and what it says when it cannot."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from realtime_sidecar import Client, ConfigurationError, NativeError, NotConnectedError
from realtime_sidecar._library import Library, load_library
from realtime_sidecar._native import NativeServer
from support.polling import PollingClient
from support.sidecar import PATIENCE
from support.waiting import eventually
from support.websocket import Listener

QUIET: dict[str, Any] = {"listen": "127.0.0.1:0", "log_level": "error", "connect": "open"}


def start(client: Client, **options: Any) -> NativeServer:
    client.process.start(native=True, **{**QUIET, **options})
    server = client.process.native_server()
    assert server is not None
    return server


def failure(client: Client, **options: Any) -> NativeError:
    with pytest.raises(NativeError) as caught:
        start(client, **options)
    assert client.process.native_server() is None
    return caught.value


def test_events_and_emits_go_through_the_server_inside(client: Client) -> None:
    client.process.router.on("double")(lambda socket, number: 2 * number)
    server = start(client)
    assert server.addresses == (f"127.0.0.1:{server.port}",)
    assert server.url == f"http://127.0.0.1:{server.port}"
    page = PollingClient(server.port or 0)
    assert page.call("double", 21) == [42]
    client.emit("e", 1, confirm=True)
    assert page.heard("e") == [1]
    assert client.process.status().native
    page.close()


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("127.0.0.1:0", "http://127.0.0.1:{}"),
        (":0", "http://localhost:{}"),
        ("0.0.0.0:0", "http://localhost:{}"),
        (["unix:own.sock", "[::1]:0"], "http://[::1]:{}"),
        ("unix:own.sock", None),
    ],
)
def test_the_url_is_where_this_machine_reaches_it(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch, listen: Any, url: str | None
) -> None:
    monkeypatch.chdir(folder)
    server = start(client, listen=listen)
    assert server.url == (url and url.format(server.port))


def test_what_was_emitted_before_arrives_and_what_waits_says_where_the_server_is(
    client: Client,
) -> None:
    client.process.configure(native=True)
    with pytest.raises(NotConnectedError, match=r"process that has called serve\(\) or start\(\)"):
        client.emit("nobody there", confirm=True, timeout=0.02)
    heard: list[Any] = []
    client.process.router.on_server_event("n")(heard.append)
    client.server_emit("n", 1)
    start(client)
    assert client.stats()
    status = client.process.status()
    assert (status.native, status.buffered, status.dropped) == (True, 0, 0)


def test_all_that_was_sent_has_arrived_when_the_server_stops(client: Client) -> None:
    ended: list[str] = []
    client.process.router.on_disconnect(lambda socket, reason: ended.append(reason))
    page = Listener(start(client).port or 0)
    for number in range(200):
        client.emit("n", number)
    client.process.stop()
    assert page.events() == [["n", number] for number in range(200)]
    assert ended == ["server shutting down"]
    status = client.process.status()
    assert (status.native, status.dropped, status.unanswered) == (False, 0, 0)
    assert client.process.native_server() is None
    assert not [t.name for t in threading.enumerate() if t.name.startswith("realtime.")]


def test_a_handler_may_stop_the_server_that_gave_it_the_event(client: Client) -> None:
    ended: list[str] = []
    router = client.process.router
    router.on_disconnect(lambda socket, reason: ended.append(reason))
    router.on("stop")(lambda socket: client.process.stop())
    page = PollingClient(start(client).port or 0)
    page.emit("stop")
    eventually(lambda: client.process.native_server() is None)
    page._thread.join(PATIENCE)
    assert ended == ["server shutting down"]


@pytest.mark.parametrize("times", range(3))
def test_threads_that_start_at_once_have_one_server(client: Client, times: int) -> None:
    barrier = threading.Barrier(4)

    def begin(_: int) -> NativeServer:
        barrier.wait(PATIENCE)
        return start(client)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(begin, range(4)))) == 1
        stopped = [pool.submit(client.process.stop) for _ in range(4)]
    assert [each.result() for each in stopped] == [None] * 4
    assert client.process.native_server() is None


def test_after_a_stop_another_server_starts_on_the_same_port(client: Client) -> None:
    port = start(client).port
    client.process.stop()
    assert start(client, listen=f"127.0.0.1:{port}").port == port
    assert client.emit("e", confirm=True)


def test_to_start_again_is_nothing_unless_it_is_another_server(client: Client) -> None:
    server = start(client)
    client.process.start(native=True)
    start(client)
    client.process.serve()
    assert client.process.native_server() is server
    with pytest.raises(NativeError, match=r"stop\(\) it first") as caught:
        client.process.start(native=True, listen="127.0.0.1:1")
    assert caught.value.code == "state"
    assert client.emit("e", confirm=True)


def test_who_serves_over_a_socket_moves_to_the_server_inside(client: Client, folder: Path) -> None:
    other = Client(root=str(folder))
    start(other)
    client.process.serve()
    client.emit("e", confirm=True)
    assert not client.process.status().native
    start(client, socket=str(folder / "own"))
    client.emit("e", confirm=True)
    assert client.process.status().native
    assert other.process.native_server() is not client.process.native_server()  # two in a process
    other.process.stop()
    assert client.emit("e", confirm=True)


def test_the_socket_is_opened_too_and_an_empty_one_is_none(client: Client, folder: Path) -> None:
    start(client, socket="")
    assert client.emit("e", confirm=True)
    assert not list(folder.rglob("*.sock"))
    client.process.stop()
    start(client, socket="other.sock")
    console = Client(socket=str(folder / "other.sock"))
    assert console.emit("e", confirm=True)
    assert not console.process.status().native
    console.process.stop()


def test_options_are_for_the_server_alone(client: Client) -> None:
    with pytest.raises(ConfigurationError, match=r"listen.*without native"):
        client.process.start(listen=":8000")
    with pytest.raises(ConfigurationError, match="no plain value"):
        client.process.start(native=True, listen=object())


@pytest.mark.parametrize("text", ["1", "true", "0", "False"])
def test_the_variable_decides_where_the_call_does_not(
    client: Client, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("REALTIME_NATIVE", text)
    monkeypatch.setenv("REALTIME_LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("REALTIME_LOG_LEVEL", "error")
    client.process.configure(native=text == "0")  # the variable stands above it
    client.process.serve()
    inside = text in ("1", "true")
    assert (client.process.native_server() is not None) == inside
    client.process.stop()
    client.process.start(native=False)
    assert client.process.native_server() is None


def test_the_file_decides_and_is_the_servers_file_too(client: Client, folder: Path) -> None:
    (folder / "config").mkdir()
    text = "native: true\nlog_level: error\nlisten: [127.0.0.1:0, '[::1]:0']\n"
    (folder / "config/realtime.yml").write_text(text)
    client.process.configure(app="other")
    client.process.serve()
    server = client.process.native_server()
    assert server is not None
    first, second = server.addresses
    assert first.startswith("127.0.0.1:")
    assert second.startswith("[::1]:")
    assert first.endswith(f":{server.port}")


def test_what_the_server_refuses_is_told_in_its_words(client: Client, folder: Path) -> None:
    error = failure(client, ping_interval="soon", upstrem="http://127.0.0.1:1")
    assert error.code == "config"
    for text in ("ping_interval", "upstrem", "upstream"):
        assert text in str(error)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        error = failure(client, listen=f"127.0.0.1:{port}")
    assert (error.code, str(port) in str(error)) == ("listen", True)
    error = failure(client, socket=str(folder / "no" / "such" / "folder"))
    assert (error.code, "folder" in str(error)) == ("listen", True)
    assert start(client)  # nothing of all that is in the way


def test_more_connections_than_max_workers_are_busy(client: Client) -> None:
    server = start(client, max_workers=1)
    assert client.stats()
    with pytest.raises(NativeError) as caught:
        server.open(1.0)
    assert caught.value.code == "busy"


def test_a_stopped_server_says_so(client: Client) -> None:
    server = start(client)
    client.process.stop()
    server.stop(1.0)
    server.free()
    with pytest.raises(NativeError) as caught:
        server.open(1.0)
    assert caught.value.code == "handle"


def test_without_a_library_the_error_names_the_variable(folder: Path) -> None:
    environment = {"REALTIME_LIBRARY": str(folder / "none.so")}
    with pytest.raises(NativeError, match=r"none\.so.*REALTIME_LIBRARY") as caught:
        load_library(environment)
    assert caught.value.code == "missing"
    (folder / "none.so").write_text("no library")
    with pytest.raises(NativeError, match="REALTIME_LIBRARY"):
        load_library(environment)


def test_a_library_of_another_kind_is_refused(folder: Path) -> None:
    for name, source, code in (
        ("later", "unsigned rt_abi_version(void) { return 99; }", "version"),
        ("other", "int something(void) { return 1; }", "missing"),
    ):
        file = folder / f"{name}.so"
        command = [shutil.which("cc") or "gcc", "-shared", "-fPIC", "-xc", "-", "-o", str(file)]
        subprocess.run(command, input=source.encode(), check=True)
        with pytest.raises(NativeError) as caught:
            load_library({"REALTIME_LIBRARY": str(file)})
        assert caught.value.code == code


class SlowLibrary(Library):
    """One whose server takes for ever to start, until it is stopped."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.stopped = threading.Event()

    def new(self, document: str) -> int:
        return 1

    def start(self, server: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert self.stopped.wait(PATIENCE)

    def stop(self, server: int, milliseconds: int) -> None:
        self.calls.append("stop")
        self.stopped.set()

    def free(self, server: int) -> None:
        self.calls.append("free")


@pytest.fixture
def interruptible() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_start_that_is_interrupted_leaves_no_server() -> None:
    library = SlowLibrary()
    with pytest.raises(KeyboardInterrupt):
        NativeServer(library, "{}").start()
    assert library.calls == ["stop", "free"]
