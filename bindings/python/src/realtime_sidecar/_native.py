"""The server inside this process: started, connected to, stopped, forgotten."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

from ._config_file import environment_name, find_file
from .config import Config
from .errors import ConfigurationError, NativeError

if TYPE_CHECKING:
    from ._library import Library

_EVERYWHERE: Final = ("::", "0.0.0.0")


class NativeServer:
    """A server inside this process, as `realtime_sidecar.native_server` gives it.

    It belongs to the process that made it: in a forked child nothing of it can be used, and
    nothing here touches the library. All methods may be called by any thread.

    Args:
        library: The loaded library.
        document: The options, a JSON object.

    Raises:
        NativeError: ``config``: the text names each option and what is wrong; ``forked``.

    Attributes:
        addresses: Where it listens, in the order of its option ``listen``: ``host:port`` or
            ``unix:path``; empty before it runs.
    """

    native: Final = True
    name: Final = "the server in this process"

    def __init__(self, library: Library, document: str) -> None:
        self._library = library
        self._handle = library.new(document)
        self._pid = os.getpid()
        self.addresses: tuple[str, ...] = ()

    @property
    def port(self) -> int | None:
        """Its first TCP port; None if it has none."""
        return self._first().port

    @property
    def url(self) -> str | None:
        """Where a client of this machine reaches it, ``http://127.0.0.1:8000``, or None."""
        where = self._first()
        if where.port is None:
            return None
        host = where.hostname or ""
        if host in _EVERYWHERE:
            host = "localhost"
        return f"http://{f'[{host}]' if ':' in host else host}:{where.port}"

    def start(self) -> None:
        """Returns when its ports are open. Once; after an error only `free` is left.

        Raises:
            NativeError: ``listen``: the text says which port or socket, and why.
        """
        try:
            _beside(lambda: self._library.start(self._handle))
            self.addresses = tuple(self._addresses())
        except NativeError:
            self.free()
            raise
        except BaseException:  # a signal's handler raised: whoever waited does not want it any more
            self.stop(0)
            self.free()
            raise

    def open(self, timeout: float) -> socket.socket:
        """Opens one more connection of the app to it.

        Args:
            timeout: Ignored: it does not wait.

        Returns:
            A blocking stream socket that speaks the app link.

        Raises:
            NativeError: ``busy``: as many as ``max_workers`` allows; ``state``: it does not run;
                ``system``: no descriptors.
        """
        self._check_process()
        return socket.socket(fileno=self._library.connect(self._handle))

    def stop(self, timeout: float) -> None:
        """Stops it in order: no new clients, requests finish, clients go, the app hears of it.

        Its connections must be read meanwhile. Stopping again is no error.

        Args:
            timeout: Seconds for all of it; what is left then is cut.

        Raises:
            NativeError: ``timeout``: two seconds later it had not ended.
        """
        if self._pid == os.getpid():
            with self._unless_freed():
                _beside(lambda: self._library.stop(self._handle, round(timeout * 1000)))

    def free(self) -> None:
        """Gives back what it had; one that still runs is left alone."""
        if self._pid == os.getpid():
            with self._unless_freed("state"):
                self._library.free(self._handle)

    def _addresses(self) -> list[str]:
        found: list[str] = []
        with self._unless_freed("argument"):  # there is no further one
            while True:
                found.append(self._library.address(self._handle, len(found)))
        return found

    def _first(self) -> SplitResult:
        tcp = (address for address in self.addresses if not address.startswith("unix:"))
        return urlsplit(f"//{next(tcp, '')}")

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            raise NativeError(
                "forked", "the server is in the process that this one was forked from"
            )

    @contextlib.contextmanager
    def _unless_freed(self, *harmless: str) -> Any:
        try:
            yield
        except NativeError as error:
            if error.code not in ("handle", *harmless):
                raise


def document(config: Config, options: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Writes what a server is made from.

    Args:
        config: This package's settings: those that the server shares are added.
        options: The server's own, by the names of its file; they count more.
        environment: For its name, and for the file's.

    Returns:
        A JSON object.

    Raises:
        ConfigurationError: An option that JSON cannot say.
    """
    file = find_file(Path(config.root), environment)
    shared: dict[str, Any] = {
        "socket": config.socket_path,
        "env": environment_name(environment),
        "config": "" if file is None else str(file.absolute()),
    }
    # Given, it is the settings' too by now, and of the same folder; "" opens none.
    place = {"socket": config.socket_path} if options.get("socket") else {}
    if config.token:
        shared["token"] = config.token
    try:
        return json.dumps({**shared, **options, **place}, default=os.fspath)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"an option of the server is no plain value: {error}") from None


def _beside(call: Callable[[], None]) -> None:
    """Makes a call that waits, on another thread: the main one alone runs handlers of signals."""
    if threading.current_thread() is not threading.main_thread():
        call()
        return
    outcome: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            outcome.put(error)
        else:
            outcome.put(None)

    try:
        threading.Thread(target=run, name="realtime.native", daemon=True).start()
    except RuntimeError:  # at interpreter exit there are no new threads
        call()
        return
    error = outcome.get()
    if error is not None:
        raise error
