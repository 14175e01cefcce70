"""Django's users, commands and servers, the built sidecar and Socket.IO clients, together."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.polling import PollingClient
from support.servers import SITE, Program, free_port, get, listening, python
from support.sidecar import PATIENCE
from support.waiting import eventually
from support.way import LIBRARY, only_over_the_socket

BINARY = os.environ.get("REALTIME_BIN", "")
WORKERS = 1 if LIBRARY else 2  # of gunicorn: the server is inside the only one


class Site:
    """A Django site with a database of its own, behind a sidecar of its own."""

    def __init__(self, directory: Path, database: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.web_port = free_port()
        self.environment = {
            "REALTIME_SOCKET": str(directory / "s"),
            "SHOP_DATABASE": str(shutil.copy(database, directory / "shop.sqlite3")),
        }
        self.programs: list[Program] = []

    def serve(self) -> None:
        """Starts the sidecar; it waits for the web server. Over the library it comes with that."""
        if LIBRARY:
            self.environment |= {
                "REALTIME_NATIVE": "1",
                "REALTIME_LISTEN": f"127.0.0.1:{self.port}",
                "REALTIME_UPSTREAM": f"http://127.0.0.1:{self.web_port}",
            }
            return
        if not os.access(BINARY, os.X_OK):
            pytest.fail(f"REALTIME_BIN must name the built sidecar, not {BINARY!r}")
        socket = self.environment["REALTIME_SOCKET"]
        started = Program(
            BINARY, "serve", f"--listen=127.0.0.1:{self.port}", f"--socket={socket}",
            f"--upstream=127.0.0.1:{self.web_port}",
        )  # fmt: skip
        self.programs.append(started)
        listening(self.port)

    def python(self, *arguments: str, **environment: str) -> Program:
        self.programs.append(python(*arguments, **{**self.environment, **environment}))
        return self.programs[-1]

    def manage(self, *arguments: str) -> str:
        """Runs a command of manage.py to its end and gives what it printed."""
        command = self.python("manage.py", *arguments)
        assert command.process.wait(PATIENCE) == 0, command.said()
        return command.said()

    def gunicorn(self, *arguments: str, **environment: str) -> Program:
        threads = ["--threads", "4"] if LIBRARY else []
        started = self.python(
            "-m", "gunicorn", "-w", str(WORKERS), *threads, "-b", f"127.0.0.1:{self.web_port}",
            *arguments, "wsgi:application", **environment,
        )  # fmt: skip
        self._up()
        return started

    def uvicorn(self) -> Program:
        started = self.python("-m", "uvicorn", "asgi:application", "--port", str(self.web_port))
        self._up()
        return started

    def _up(self) -> None:
        listening(self.web_port)  # gunicorn's master opens it before a worker has loaded the app
        listening(self.port)

    def signed_in(self, name: str) -> tuple[str, str]:
        """Signs in over the sidecar's port; gives the user's key and the cookie."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", f"/sign-in/{name}")
        response = connection.getresponse()
        cookie = re.search(r"sessionid=\w+", response.headers["Set-Cookie"])
        pk = response.read().decode()
        connection.close()
        assert cookie is not None
        return pk, cookie[0]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite3"
    migrate = python("manage.py", "migrate", "-v0", SHOP_DATABASE=str(path))
    code = migrate.process.wait(PATIENCE)
    migrate.close()
    assert code == 0
    return path


@pytest.fixture
def site(database: Path) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="rt") as directory:  # short, for the socket's path
        made = Site(Path(directory), database)
        yield made
        for program in reversed(made.programs):
            program.close()


@pytest.fixture
def join(site: Site) -> Iterator[Callable[..., PollingClient]]:
    joined: list[PollingClient] = []

    def make(auth: Any = None, cookie: str | None = None) -> PollingClient:
        joined.append(PollingClient(site.port, auth, {"cookie": cookie} if cookie else {}))
        return joined[-1]

    yield make
    for made in joined:
        made.close()


Join = Callable[..., PollingClient]


@pytest.mark.parametrize("server", ["gunicorn", "preload", "uvicorn"])
def test_a_client_is_who_signed_in_and_refused_where_a_guard_stands(
    site: Site, join: Join, server: str
) -> None:
    site.serve()
    if server == "uvicorn":
        started = site.uvicorn()
    else:
        started = site.gunicorn(*(["--preload"] if server == "preload" else []))
    pk, cookie = site.signed_in("ann")
    ann, nobody = join(cookie=cookie), join()
    assert ann.call("who") == [{"name": "ann", "session": pk}]
    assert ann.call("awho") == [{"name": "ann", "session": pk}]
    assert nobody.call("who") == [{"name": "", "session": None}]
    assert ann.call("private") == ["for ann"]
    assert nobody.call("private") == [{"error": "sign in"}]
    assert ann.call("echo", "a", 1) == ["a", 1]
    assert ann.heard("heard") == ["a", 1]
    assert join({"as": "staff"}).connected == {"message": "staff only"}
    if server != "uvicorn":
        each_worker_answers(ann, started)
        if not LIBRARY:  # there the clients leave with their worker
            assert started.term() == 0


def each_worker_answers(client: PollingClient, gunicorn: Program) -> None:
    pids: set[int] = set()

    def all_have_answered() -> bool:
        number, pid = client.call("ask", 41)[0]
        assert number == 42
        pids.add(pid)
        return len(pids) == WORKERS

    eventually(all_have_answered)
    assert gunicorn.process.pid not in pids


@only_over_the_socket("a server inside the worker that ends takes its clients along")
def test_a_worker_takes_events_where_web_workers_do_not(
    site: Site, join: Join, tmp_path: Path
) -> None:
    site.serve()
    web = site.gunicorn(SHOP_HANDLES_IN_WEB="no")
    worker = site.python("manage.py", "realtime_worker", "--threads", "1")
    one = join()
    assert one.call("ask", 41)[0] == [42, worker.process.pid]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    one.emit("wait for", str(pipe))
    assert one.heard("waiting") == [worker.process.pid]
    worker.process.send_signal(signal.SIGTERM)
    pipe.write_text("released")
    assert one.heard("got") == ["released"]
    assert worker.process.wait(PATIENCE) == 0
    successor = site.python("manage.py", "realtime_worker")
    assert one.call("ask", 1)[0] == [2, successor.process.pid]
    assert successor.term() == 0
    assert web.term() == 0


@only_over_the_socket("a server inside the worker that reloads takes its clients along")
def test_a_worker_that_reloads_starts_anew_when_code_changes(
    site: Site, join: Join, tmp_path: Path
) -> None:
    copied = tmp_path / "site"
    shutil.copytree(SITE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    site.serve()
    worker = site.python(str(copied / "manage.py"), "realtime_worker", "--reload")
    one = join()
    number, first = one.call("ask", 1)[0]
    assert number == 2
    assert first != worker.process.pid  # the reloader's child
    handlers = copied / "shop" / "realtime.py"
    handlers.write_text(handlers.read_text().replace("select %s + 1", "select %s + 2"))

    def started_anew() -> bool:
        os.utime(handlers)  # the reloader looks once a second, and may not have looked before
        return bool(one.call("ask", 1)[0][0] == 3)

    eventually(started_anew)
    assert one.call("ask", 1)[0][1] != first
    os.killpg(worker.process.pid, signal.SIGTERM)


@pytest.mark.parametrize(
    "upstream",
    [
        [],
        pytest.param(
            ["--upstream-cmd", "{python} -m gunicorn -b 127.0.0.1:{{port}} wsgi"],
            marks=only_over_the_socket(
                "what is behind runrealtime differs; the server inside does not"
            ),
        ),
    ],
    ids=["runserver", "gunicorn"],
)
def test_runrealtime_is_one_port_for_pages_and_clients(
    site: Site, join: Join, upstream: list[str]
) -> None:
    arguments = [argument.format(python=sys.executable) for argument in upstream]
    address = f"127.0.0.1:{site.port}"
    native = "1" if LIBRARY else "0"
    program = site.python(
        "manage.py", "runrealtime", address, *arguments, REALTIME_BIN=BINARY, REALTIME_NATIVE=native
    )
    listening(site.port)
    pk, cookie = site.signed_in("ann")
    one = join(cookie=cookie)
    assert one.call("who") == [{"name": "ann", "session": pk}]
    assert get(site.port, "/pay")[0] == 200
    assert one.heard("paid")
    command = f"/proc/{program.process.pid}/cmdline"
    if os.path.exists(command) and not LIBRARY:
        assert Path(command).read_bytes().startswith(BINARY.encode())  # it became the sidecar
    program.term()


@only_over_the_socket("a command goes by the socket's path in any case")
def test_the_realtime_command(site: Site, join: Join) -> None:
    site.serve()
    site.gunicorn()
    pk, cookie = site.signed_in("ann")
    ann = join(cookie=cookie)
    lines = site.manage("realtime", "sockets").splitlines()
    assert lines == [f"{ann.id} / user={pk} polling 127.0.0.1 rooms=orders"]
    assert site.manage("realtime", "sockets", "--user", "999") == ""
    site.manage("realtime", "emit", "news", '{"n": 1}', "plain text", "--user", pk)
    assert ann.heard("news") == [{"n": 1}, "plain text"]
    assert site.manage("realtime", "status", "--json").startswith("{")
    checked = site.manage("realtime", "check")
    assert re.search(r"^link +\S+/s$", checked, re.MULTILINE)
