"""The server inside under the web servers people use: where it starts, and where it does not.

What a client sees of it is in tests/integration/test_django.py. The library is not named where it
must not be loaded.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.polling import PollingClient
from support.servers import SITE, Program, free_port, get, listening, python
from support.sidecar import PATIENCE, Sidecar
from support.waiting import eventually

Start = Callable[..., Program]
INSTEAD = "run the sidecar as a process of its own"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Program] = []

    def run(*arguments: str, **environment: str) -> Program:
        own = {"REALTIME_NATIVE": "1", "SHOP_DATABASE": str(tmp_path / "shop.sqlite3")}
        started.append(python(*arguments, **{**own, **environment}))
        return started[-1]

    yield run
    for program in started:
        program.close()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("gunicorn", ["-m", "gunicorn", "-w", "2", "wsgi:application", "-b"]),
        ("gunicorn", ["-m", "gunicorn", "-w", "2", "--preload", "wsgi:application", "-b"]),
        ("uvicorn", ["-m", "uvicorn", "--workers", "2", "asgi:application", "--uds"]),
    ],
    ids=["gunicorn", "preload", "uvicorn"],
)
def test_several_processes_use_the_socket_and_say_why(
    sidecar: Sidecar, start: Start, folder: Path, name: str, command: list[str]
) -> None:
    address = f"unix:{folder}/web" if name == "gunicorn" else f"{folder}/web"
    program = start(
        *command, address, REALTIME_SOCKET=str(sidecar.path), REALTIME_LIBRARY="/none.so"
    )
    links = [sidecar.link() for _ in range(2)]
    assert [link.hello["role"] for link in links] == ["handler"] * 2
    assert program.process.pid not in {link.hello["pid"] for link in links}
    assert program.said().count(f"{name} runs 2 processes") == 2
    assert INSTEAD in program.said()
    program.term()


def test_a_command_never_loads_the_library(sidecar: Sidecar, start: Start) -> None:
    command = start(
        "manage.py", "announce", "hello",
        REALTIME_SOCKET=str(sidecar.path), REALTIME_LIBRARY="/none.so",
    )  # fmt: skip
    assert command.process.wait(PATIENCE) == 0
    link = sidecar.link()
    assert link.hello["role"] == "emitter"
    assert link.emits(1) == ["hello"]


def test_a_worker_that_cannot_start_the_server_says_why_and_ends(
    start: Start, folder: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program = start(
            "-m", "gunicorn", "--threads", "4", "-b", f"unix:{folder}/web", "wsgi:application",
            REALTIME_SOCKET=str(folder / "s"),
            REALTIME_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}",
        )  # fmt: skip
        assert program.process.wait(PATIENCE) == 3  # gunicorn's "worker failed to boot"
    assert "NativeError: server: listen: " in program.said()


def test_a_worker_takes_the_port_over_from_the_one_that_it_replaces(
    start: Start, folder: Path
) -> None:
    port = free_port()
    program = start(
        "-m", "gunicorn", "--threads", "4", "-b", f"unix:{folder}/web", "wsgi:application",
        REALTIME_SOCKET=str(folder / "s"), REALTIME_LISTEN=f"127.0.0.1:{port}",
    )  # fmt: skip
    listening(port)
    page = PollingClient(port)
    first = page.call("ask", 1)[0][1]
    program.process.send_signal(signal.SIGHUP)  # the new worker begins before the old one ends
    page._thread.join(PATIENCE)
    listening(port)
    number, second = PollingClient(port).call("ask", 1)[0]
    assert (number, second != first) == (2, True)
    assert program.term() == 0


def test_after_a_fork_of_a_loaded_app_there_is_nobody_to_raise_it_to(
    sidecar: Sidecar, start: Start, folder: Path
) -> None:
    program = start(
        "-m", "gunicorn", "--preload", "-b", f"unix:{folder}/web", "wsgi:application",
        REALTIME_SOCKET=str(sidecar.path), REALTIME_LIBRARY="/none.so",
    )  # fmt: skip
    assert sidecar.link().hello["role"] == "handler"
    assert "no server inside: no library for a server in this process" in program.said()
    assert program.term() == 0


def test_runserver_starts_anew_on_the_same_port_when_code_changes(
    start: Start, folder: Path
) -> None:
    site = folder / "site"
    shutil.copytree(SITE, site, ignore=shutil.ignore_patterns("__pycache__"))
    port, web = free_port(), free_port()
    program = start(
        str(site / "manage.py"), "runserver", f"127.0.0.1:{web}",
        REALTIME_SOCKET=str(folder / "s"), REALTIME_LISTEN=f"127.0.0.1:{port}",
    )  # fmt: skip
    listening(port)
    listening(web)
    page = PollingClient(port)
    number, first = page.call("ask", 1)[0]
    assert number == 2
    assert first == int(get(web, "/pay")[1]) != program.process.pid
    handlers = site / "shop" / "realtime.py"
    handlers.write_text(handlers.read_text().replace("select %s + 1", "select %s + 2"))

    def disconnected() -> bool:
        os.utime(handlers)  # the reloader looks once a second, and may not have looked before
        return not page._thread.is_alive()

    eventually(disconnected)
    listening(port)
    number, second = PollingClient(port).call("ask", 1)[0]
    assert (number, second != first) == (3, True)
    os.killpg(program.process.pid, signal.SIGTERM)
