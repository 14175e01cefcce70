"""Starts real programs and ends them by their id."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from support.forked import Forked, with_django
from support.sidecar import PATIENCE
from support.waiting import eventually

SITE = Path(__file__).parents[1] / "integration" / "site"
SOURCE = Path(__file__).parents[2] / "src"


class Program:
    """A program in a process group of its own; its output is shown when a test fails."""

    def __init__(self, *command: str, **environment: str) -> None:
        # A file: a pipe that nobody reads would stop the program once it is full.
        self.output = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed by `close`
        self.process = self._start(
            command, {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
        )

    def _start(
        self, command: tuple[str, ...], environment: dict[str, str]
    ) -> subprocess.Popen[bytes] | Forked:
        return subprocess.Popen(
            command, cwd=SITE, env=environment, stdout=self.output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def term(self) -> int:
        """Asks it to end and waits for its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def said(self) -> str:
        """Gives its output so far; its own place in the file stays where it is."""
        return os.pread(self.output.fileno(), 1 << 20, 0).decode(errors="replace")

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
        self.output.seek(0)
        print(self.output.read())
        self.output.close()


class PythonProgram(Program):
    """`python` with these arguments, in an interpreter that has loaded Django."""

    def _start(self, command: tuple[str, ...], environment: dict[str, str]) -> Forked:
        with open(os.devnull) as nothing:
            output = self.output.fileno()
            return with_django().fork(
                *command, folder=SITE, environment=environment,
                streams=(nothing.fileno(), output, output),
            )  # fmt: skip


def python(*arguments: str, **environment: str) -> Program:
    return PythonProgram(*arguments, **environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def listening(port: int) -> None:
    """Waits until somebody accepts connections."""

    def tried() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(tried)
