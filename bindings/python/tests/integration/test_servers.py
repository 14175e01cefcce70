"""Which processes of a Django site become handlers, under the servers people use.

The sidecar is the scripted one: what matters here is who connects, as what, and how it leaves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realtime_sidecar._protocol import Notification
from support.servers import Program, free_port, get, listening, python
from support.sidecar import PATIENCE, Link, Sidecar
from support.way import only_over_the_socket

pytestmark = only_over_the_socket(
    "the scripted sidecar is another process here; tests/native asks the same of the library"
)

Start = Callable[..., Program]


@pytest.fixture
def start(sidecar: Sidecar, tmp_path: Path) -> Iterator[Start]:
    started: list[Program] = []
    environment = {
        "REALTIME_SOCKET": str(sidecar.path),
        "SHOP_DATABASE": str(tmp_path / "shop.sqlite3"),
    }

    def run(*arguments: str) -> Program:
        started.append(python(*arguments, **environment))
        return started[-1]

    yield run
    for program in started:
        program.close()


def handlers(sidecar: Sidecar, count: int) -> list[Link]:
    links = [sidecar.link() for _ in range(count)]
    for link in links:
        assert (link.hello["role"], link.hello["app"]) == ("handler", "shop")
        assert (link.hello["window"], link.hello["hooks"]) == (6, ["connect", "disconnect"])
    assert len({link.hello["pid"] for link in links}) == count
    return links


# The other two pairs: sync with --preload below, gthread without in tests/native.
@pytest.mark.parametrize(
    "options", [[], ["--threads", "2", "--preload"]], ids=["sync", "gthread-preload"]
)
def test_gunicorns_workers_serve_and_its_master_does_not(
    sidecar: Sidecar, start: Start, options: list[str]
) -> None:
    port = free_port()
    server = start(
        "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", *options,
        "wsgi:application",
    )  # fmt: skip
    links = handlers(sidecar, 2)
    assert server.process.pid not in {link.hello["pid"] for link in links}
    for link in links:
        number, pid = link.event("ask", 41).result()[0]
        assert (number, pid) == (42, link.hello["pid"])
        assert link.event("echo", "a").result() == ["a"]
        assert link.expect("emit").params["event"] == "heard"
    listening(port)
    assert get(port, "/pay")[0] == 200
    assert server.term() == 0
    for link in links:
        assert link.closed.wait(PATIENCE)
        methods = [f.method for f in iter(link.frames.get, None) if not hasattr(f, "error")]
        assert methods[-2:] == ["drain", "bye"]


def test_a_gunicorn_worker_that_dies_is_replaced(sidecar: Sidecar, start: Start) -> None:
    server = start(
        "-m", "gunicorn", "-w", "1", "-b", f"127.0.0.1:{free_port()}", "--preload",
        "wsgi:application",
    )  # fmt: skip
    (first,) = handlers(sidecar, 1)
    os.kill(first.hello["pid"], 9)
    (second,) = handlers(sidecar, 1)
    assert second.event("ask", 1).result()[0][0] == 2
    assert server.term() == 0


def test_uvicorn_serves_and_leaves_in_order(sidecar: Sidecar, start: Start) -> None:
    port = free_port()
    server = start("-m", "uvicorn", "asgi:application", "--port", str(port))
    (link,) = handlers(sidecar, 1)
    listening(port)
    status, pid = get(port, "/pay")
    assert (status, int(pid)) == (200, link.hello["pid"])
    emit = link.expect("emit")
    assert emit.params["args"] == ["Thank you", "P0DT01H00M00S"]
    server.term()
    link.expect("drain")
    link.expect("bye")


def test_uvicorns_processes_serve(sidecar: Sidecar, start: Start) -> None:
    server = start(
        "-m", "uvicorn", "asgi:application", "--port", str(free_port()), "--workers", "2"
    )
    for link in handlers(sidecar, 2):
        assert link.hello["pid"] != server.process.pid
    server.term()


@pytest.mark.parametrize("reload", [[], ["--noreload"]], ids=["reload", "noreload"])
def test_only_the_process_of_runserver_that_serves_connects(
    sidecar: Sidecar, start: Start, reload: list[str]
) -> None:
    port = free_port()
    server = start("manage.py", "runserver", *reload, f"127.0.0.1:{port}")
    (link,) = handlers(sidecar, 1)
    listening(port)
    assert int(get(port, "/pay")[1]) == link.hello["pid"]
    assert (link.hello["pid"] == server.process.pid) == bool(reload)
    server.term()
    assert link.closed.wait(PATIENCE)
    assert sidecar.links.empty()


def test_a_command_connects_only_to_emit(sidecar: Sidecar, start: Start) -> None:
    quiet = start("manage.py", "announce")
    assert quiet.process.wait(PATIENCE) == 0
    assert sidecar.links.empty()
    loud = start("manage.py", "announce", "hello")
    assert loud.process.wait(PATIENCE) == 0
    link = sidecar.link()
    assert link.hello["role"] == "emitter"
    frame = link.expect("emit")
    assert isinstance(frame, Notification)
    assert frame.params["args"] == ["hello"]
