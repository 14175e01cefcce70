"""The real server on a free port, with this process as its app: the binary, or inside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from .. import default_client
from .._cli import NOT_FOUND, find_binary
from .._client import Client
from .._link import Link
from ._inside import start_inside

PATIENCE: Final = 10.0  # seconds to start or to stop
_SOCKET: Final = "REALTIME_SOCKET"
_HEALTH: Final = "/realtime-test-health"


class RunningSidecar:
    """The sidecar, started for a block; the process it is used in emits to it and serves it.

    With the setting ``native`` it is the server inside this process, and there is no other one.

        with RunningSidecar(upstream=live_server_url) as sidecar:
            browser.get(sidecar.url)

    Args:
        upstream: The app's address; None answers 404 to whatever is not Socket.IO.
        options: Further flags, such as ``--connect=token``.
        serve: Whether this process takes events.
        client: Who emits and serves.

    Attributes:
        url: Where clients connect: ``http://127.0.0.1:…``.
    """

    def __init__(
        self,
        upstream: str | None = None,
        options: tuple[str, ...] = (),
        *,
        serve: bool = True,
        client: Client = default_client,
    ) -> None:
        self.url = ""
        self._upstream = upstream
        self._options = options
        self._serves = serve
        self._client = client
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._program: subprocess.Popen[bytes] | None = None
        self._before: tuple[dict[str, Any], Link | None, Callable[[], Link | None]] | None = None
        self._variable: str | None = None  # what the environment said of the socket

    def start(self) -> RunningSidecar:
        """Starts it, waits until clients are taken, and connects this process.

        Returns:
            Itself.

        Raises:
            RuntimeError: There is no binary, or it ended or said nothing within 10 s; with what
                it has logged.
            NativeError: There is no library, or it refuses an option.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="rt")  # a socket's path must be short
        path = os.path.join(self._folder.name, "s")
        try:
            if self._client.process.config.native:
                self._take_over(path)
                self.url = start_inside(self._client, path, self._upstream, self._options)
            else:
                self._start_program(path)
                self._take_over(path)
            self._connect()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_program(self, path: str) -> None:
        binary = find_binary(os.environ)
        if binary is None:
            raise RuntimeError(NOT_FOUND)
        assert self._folder is not None
        port = _free_port()
        command = [
            binary, "serve", f"--listen=127.0.0.1:{port}", f"--socket={path}",
            f"--health-path={_HEALTH}", *self._options,
        ]  # fmt: skip
        if self._upstream is not None:
            command.append(f"--upstream={self._upstream}")
        # Not the variables of the developer's own sidecar.
        names = [name for name in os.environ if not name.startswith("REALTIME_")]
        with self._log().open("wb") as log:
            self._program = subprocess.Popen(
                command, cwd=self._folder.name, env={name: os.environ[name] for name in names},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.url = f"http://127.0.0.1:{port}"
        self._wait(lambda: _answers(port), "take clients")

    def stop(self) -> None:
        """Ends it and puts this process back as it was."""
        process = self._client.process
        if self._before is not None:
            settings, outbox, stand_in = self._before
            self._before = None
            process.stop("test over")
            del os.environ[_SOCKET]
            if self._variable is not None:
                os.environ[_SOCKET] = self._variable
            process._settings = settings
            process.configure()
            process.stand_in = stand_in
            process.replace_link(outbox)
        if self._program is not None:
            self._program.send_signal(signal.SIGTERM)
            try:
                self._program.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
            self._program = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def log(self) -> str:
        """Gives what it has logged so far.

        Returns:
            Lines; none where it is inside, since then it logs to this process's standard error.
        """
        return self._log().read_text(errors="replace") if self._log().exists() else ""

    def __enter__(self) -> RunningSidecar:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _take_over(self, path: str) -> None:
        process = self._client.process
        self._before = (dict(process._settings), process._outbox, process.stand_in)
        process.stand_in = lambda: None
        process.replace_link(None)
        # It stands above all settings; and programs that the test starts find this sidecar by it.
        self._variable, os.environ[_SOCKET] = os.environ.get(_SOCKET), path
        process.configure(socket=path)

    def _connect(self) -> None:
        process = self._client.process
        if self._serves:
            process.serve()
        else:
            process.link()
        self._client.stats()  # the answer says that the greeting has been answered

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        assert self._program is not None
        while not condition():
            if self._program.poll() is not None:
                raise RuntimeError(f"the sidecar did not {what}; it said:\n{self.log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the sidecar did not {what} in time; it said:\n{self.log()}")
            time.sleep(0.01)

    def _log(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name, "log")


def _answers(port: int) -> bool:
    """Asks the health path: 200 says that clients are taken."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as link:
            link.sendall(f"GET {_HEALTH} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            return b" 200 " in link.recv(64)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
