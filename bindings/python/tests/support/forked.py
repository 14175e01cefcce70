"""Python programs that start in no time: forks of an interpreter that has loaded what they need."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from support.sidecar import PATIENCE

LOADER: Final = Path(__file__).with_name("loader.py")

# What a site loads before its own code. Not the web servers: the package knows them by their
# modules, and a program of the tests has those that it has started.
DJANGO: Final = (
    "asyncio", "msgpack", "uuid", "django.core.checks", "django.core.handlers.asgi",
    "django.core.handlers.wsgi", "django.core.management", "django.core.servers.basehttp",
    "django.contrib.sessions.middleware", "django.db.backends.sqlite3.base", "django.db.models",
    "django.db.migrations.executor", "django.forms", "django.shortcuts",
    "django.utils.autoreload", "django.views.decorators.csrf",
)  # fmt: skip
CELERY: Final = "celery.signals"  # which the package loads where Celery is installed


# What the package itself stands on. No module with which it is found out how a process was made.
LIBRARIES: Final = ("asyncio", "hashlib", "http.client", "msgpack", "uuid")


class Loader:
    """An interpreter that has loaded modules; it ends with this process, or before."""

    def __init__(self, *modules: str, flags: tuple[str, ...] = ()) -> None:
        self._asks, theirs = socket.socketpair()
        environment = {**os.environ, "PYTHONPATH": "", "PYTHONDEVMODE": ""}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *flags, str(LOADER), *modules],
                stdin=theirs.fileno(), env=environment, start_new_session=True,
            )  # fmt: skip
        atexit.register(self.close)

    def fork(
        self,
        *arguments: str,
        folder: Path,
        environment: Mapping[str, str],
        streams: tuple[int, int, int],
    ) -> Forked:
        """Starts what `python *arguments` would start, in a session of its own."""
        path = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
        program = {
            "arguments": arguments, "environment": dict(environment), "folder": str(folder),
            "path": path,
        }  # fmt: skip
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._asks, [b"."], [*streams, theirs.fileno()])
        return Forked(ours, program)

    def close(self) -> None:
        """Ends it; what it has started goes on."""
        self._asks.close()
        self._process.wait()


class Forked:
    """A program that a `Loader` has started, as far as it is like `subprocess.Popen`."""

    def __init__(self, link: socket.socket, program: Mapping[str, Any]) -> None:
        self._link = link
        link.sendall(json.dumps(program).encode())
        link.shutdown(socket.SHUT_WR)
        self._input = link.makefile("rb", buffering=0)
        link.settimeout(PATIENCE)
        self.pid = int(self._input.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, timeout: float) -> int:
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"the program {self.pid}", timeout)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _look(self, timeout: float) -> int | None:
        if self.returncode is None and select.select([self._link], [], [], timeout)[0]:
            self.returncode = int(self._input.readline())
            self._input.close()
            self._link.close()
        return self.returncode


@functools.cache
def alone() -> Loader:
    """Gives the one that has loaded what the package needs; it takes every warning for an error."""
    return Loader(*LIBRARIES, flags=("-X", "dev", "-W", "error"))


@functools.cache
def with_django() -> Loader:
    """Gives the one that has loaded Django."""
    return Loader(*DJANGO, *([CELERY] if importlib.util.find_spec("celery") else []))
