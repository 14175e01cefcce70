"""This process, as the sidecar sees it: what it greets with, when it serves, how it stops."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from . import _protocol as protocol
from ._connection import Connection
from ._dispatch import Dispatcher
from ._emitter import Emitter
from ._ending import stop_at_exit, stop_on_term, told_to_end, watch_forks
from ._greeting import greeting
from ._hosting import Wish, host
from ._link import Link
from ._native import NativeServer
from ._router import Router
from ._servers import forks_later
from ._status import Status
from ._surroundings import Surroundings
from ._way import ByPath, Way
from ._worker import Worker
from .config import Config, load
from .errors import ConfigurationError, LinkError, NativeError, RealtimeError, RequestError

DRAIN_ANSWER: Final = 5.0  # seconds for the sidecar to stop giving

log = logging.getLogger("realtime.link")


class Process:
    """Settings, connection, worker and handlers of one process.

    Allocates only. It connects with the first thing sent, or with `serve`; a forked child starts
    afresh.

    Args:
        **settings: Fields of `Config`.
    """

    def __init__(self, **settings: Any) -> None:
        self.router = Router(self._handlers_changed)
        self.emitter = Emitter(self.link, lambda: self.config.emit_timeout)
        self._settings = settings
        self._config: Config | None = None
        self._connection: Connection | None = None
        self._outbox: Link | None = None
        self.stand_in: Callable[[], Link | None] = _nothing_instead
        self._building = threading.RLock()  # guards the three above
        self._starting = threading.RLock()  # one `start` at a time
        self._server: NativeServer | None = None
        self._wish = Wish()
        self._surroundings = Surroundings()
        self._worker = Worker(self._idled)
        self._dispatcher = Dispatcher(self.router, self._worker, self.emitter, self._answer)
        self._serving = False
        self._stopping = False
        self._interrupted = False  # a signal's handler has raised in `stop`
        self._deferred = False  # serving begins in the children
        self._known_boot = ""
        watch_forks(self)

    @property
    def config(self) -> Config:
        """The effective settings; read from the environment when first needed."""
        with self._building:
            if self._config is None:
                self._config = load(self._settings)
            return self._config

    def configure(self, **settings: Any) -> None:
        """Changes settings; those not named stay. See `Config` for all of them.

        Before the first emit, best at import: a link that is open already is closed for it.

        Raises:
            ConfigurationError: An unknown name or a value that cannot work.
        """
        merged = {**self._settings, **settings}
        with self._building:
            config = load(merged)
            connection, self._connection = self._connection, None
            self._settings, self._config = merged, config
        if connection is not None:
            connection.close("configured anew", config.flush_timeout)

    def adopt(self, settings: dict[str, Any]) -> None:
        """Takes settings without a look; what is wrong with them is raised when first needed.

        For frameworks that have a better place than their start to report it.

        Args:
            settings: Fields of `Config`.
        """
        with self._building:
            self._settings, self._config = {**self._settings, **settings}, None

    def start(self, native: bool | None = None, **options: Any) -> None:
        """Makes this process a handler: it takes connects and events from now on.

        Call it where a web process starts to serve, after a fork. In the master of a preloading
        gunicorn or uWSGI it waits for the workers and starts in each of them. Where SIGTERM would
        kill the process outright, it is caught once to stop in order. Calling it again does
        nothing.

        With ``native`` the server itself runs in this process, and no sidecar is needed:
        ``start(native=True, listen=":8000")`` returns when it listens, and `stop` ends it. Other
        processes reach it by the socket's path, forked children too. It is for one process: where
        gunicorn or uvicorn run several, each would have clients of its own. If it is the setting
        that says ``native``, that is logged as an error there, and the socket is used.

        Args:
            native: Whether the server runs in this process; None: as `Config.native` says.
            **options: The server's own, by the names of its file; these go before
                ``REALTIME_*`` variables, and those before the file.

        Raises:
            ConfigurationError: Options without a server of our own.
            NativeError: There is no library, or the server cannot be; ``code`` and the text say
                why.
        """
        if self.stand_in() is not None:
            return  # in tests nothing connects by itself
        with self._starting:
            if self._interrupted:
                self.stop()
            wish = Wish(self.config.native if native is None else native, native is True, options)
            if options and not wish.native:
                raise ConfigurationError(f"{', '.join(options)}: for the server, without native")
            if self._server is not None and wish.native and options not in ({}, self._wish.options):
                raise NativeError("state", "a server runs in this process: stop() it first")
            if self._deferred or (self._serving and (self._server or not wish.native)):
                return
            self._wish = wish
            if forks_later():
                self._deferred = True
                return
            self._begin()

    serve = start

    def native_server(self) -> NativeServer | None:
        """Gives the server that runs in this process.

        Returns:
            It, with ``addresses``, ``port`` and ``url``; None where there is none, as in forked
            children.
        """
        return self._server

    def host(self, wish: Wish) -> None:
        """Starts the server in this process, without taking events; `start` does both.

        Args:
            wish: What server.

        Raises:
            NativeError: It cannot be.
        """
        config = self.config
        if socket := wish.options.get("socket"):  # above all settings: our children must find it
            others = {name: text for name, text in os.environ.items() if name != "REALTIME_SOCKET"}
            config = load({**self._settings, "socket": socket}, others)
        self._server = host(config, wish)
        self._wish, self._config = wish, config

    def _begin(self) -> None:
        if self._wish.native and self._server is None:
            self.host(self._wish)
        self._serve()

    def _serve(self) -> None:
        self._serving = True
        for namespace in self.router.unguarded():
            text = "namespace %s has no connect hook though others have one: all are let in"
            log.warning(text, namespace)
        connection = self._real()
        self._worker.start(connection.config.handler_threads)
        stop_on_term(self)
        connection.renew()
        connection.start()

    def stop(self, reason: str = "stopping") -> None:
        """Stops in order: takes nothing new, finishes what it holds, writes what waits, says bye.

        A server in this process ends with it: what was sent before takes effect, then its clients
        go, and handlers hear of that. Interrupted, it goes on ending: stop again to wait for it, or
        start again, which waits first.

        Blocks for at most ``stop_timeout`` + ``flush_timeout`` + 2 seconds; not when there is
        nothing to do, nor in a handler, which is to finish first. Called at interpreter exit.

        Args:
            reason: For the sidecar's log.
        """
        if self._worker.runs_here():
            with contextlib.suppress(RuntimeError):  # at interpreter exit, where it stops anyhow
                threading.Thread(target=self.stop, args=(reason,), name="realtime.stop").start()
            return
        if self._connection is None and self._server is None:
            return
        try:
            self._stop(reason, self._real(), self._server)
        except BaseException:
            self._interrupted = True
            raise
        self._interrupted = False

    def _stop(self, reason: str, connection: Connection, server: NativeServer | None) -> None:
        config = connection.config
        deadline = time.monotonic() + config.stop_timeout
        if server is not None:
            self._stop_server(connection, server)
        elif self._serving:
            self._stopping = True
            self._drain(connection, min(DRAIN_ANSWER, config.stop_timeout))
        if not self._worker.wait_idle(max(0.0, deadline - time.monotonic())):
            log.warning("stopped with handlers at work held=%d", self._worker.held)
        connection.close(reason, config.flush_timeout)
        if server is not None:
            server.free()
            self._server = self._config = None  # another one may have another socket
        if self._serving:
            self._worker.stop()
        self._serving = self._stopping = False

    def run(self, native: bool | None = None, **options: Any) -> None:
        """Serves until SIGTERM or SIGINT, then stops in order: for a process of its own.

        Call it on the main thread.

        Args:
            native: As for `start`.
            **options: As for `start`.

        Raises:
            ConfigurationError: As for `start`.
            NativeError: As for `start`.
        """
        with told_to_end() as wait:
            self.start(native, **options)
            wait()
            self.stop()

    def surround(self, surroundings: Surroundings) -> None:
        """Says what a framework puts around handlers; once, before this process serves.

        Args:
            surroundings: It.
        """
        self._surroundings = surroundings
        self._worker.surroundings = surroundings
        self._dispatcher.surroundings = surroundings

    def status(self) -> Status:
        """Looks at the link of this process, without asking the sidecar.

        Returns:
            A snapshot.
        """
        return self._real().status()

    def link(self) -> Link:
        """Gives the way to the sidecar, made when first needed.

        Returns:
            The connection, or what tests put in its place.
        """
        return self._outbox or self._connection or self.stand_in() or self._real()

    def replace_link(self, link: Link | None) -> None:
        """Sends everything elsewhere: for tests.

        Args:
            link: Where to, or None for the sidecar again.
        """
        self._outbox = link

    # What the connection asks.

    def way(self) -> Way:
        """Gives the way to the server: in this process, else by the socket's path.

        Returns:
            It.
        """
        return self._server or ByPath(self.config.socket_path)

    def hello(self) -> dict[str, Any]:
        """Gives the greeting's params.

        Returns:
            A new map.
        """
        taking = self._serving and not self._stopping
        return greeting(self.config, self.router, self._surroundings if taking else None)

    def _handlers_changed(self) -> None:
        if self._serving and not self._stopping and self._connection is not None:
            self._connection.tell(self.hello())

    def welcomed(self, result: dict[str, Any]) -> None:
        """Looks whether it is another start of the sidecar.

        Args:
            result: The answer to the greeting.
        """
        boot = str(result.get("boot", ""))
        previous, self._known_boot = self._known_boot, boot
        if previous and previous != boot and self._serving:
            self._dispatcher.reset(boot, previous)

    def asked(self, number: int, request: protocol.Request) -> None:
        """Hands a request to its handlers.

        Args:
            number: The connection's.
            request: The request.
        """
        if self._serving:
            self._dispatcher.asked(number, request)
        else:
            error = {"code": "draining", "message": "this process takes no work"}
            self._answer(number, request.id, error)

    def idle(self) -> bool:
        """Tells whether no request is being worked on.

        Returns:
            Whether none is.
        """
        return not self._worker.held

    def after_fork(self) -> None:
        """Makes the copy in a forked child fresh; starts to serve if that was put off."""
        self._building, self._starting = threading.RLock(), threading.RLock()
        self._server = None  # it stays with the parent
        connection, self._connection = self._connection, None  # a new one watches for the exit too
        if connection is not None:
            connection.after_fork()
        self._worker.reset()
        self._serving = self._stopping = self._interrupted = False
        self._known_boot = ""
        if self._deferred:
            self._deferred = False
            try:
                self._begin()
            except RealtimeError as error:  # there is nobody to raise it to
                text = "no server inside: %s; using socket=%s"
                log.error(text, error, self.config.socket_path)
                self._serve()

    def _drain(self, connection: Connection, timeout: float) -> None:
        if not connection.status().connected:
            return
        try:
            connection.wait(connection.request("drain", b"\x80"), timeout)
        except (LinkError, RequestError) as error:
            log.warning("the sidecar did not answer the drain: %s", error)

    def _stop_server(self, connection: Connection, server: NativeServer) -> None:
        config = connection.config
        try:
            # It answers when it has taken all that was sent before.
            connection.wait(connection.request("ping", b"\x80"), config.flush_timeout)
        except (LinkError, RequestError) as error:
            log.warning("the server has not taken all that was sent: %s", error)
        connection.outlast()
        try:
            server.stop(config.stop_timeout)
        except NativeError as error:
            log.warning("the server has not stopped in order: %s", error)

    def _idled(self) -> None:
        if self._connection is not None:
            self._connection.look()

    def _answer(
        self, number: int, id: int, error: dict[str, Any] | None, result: Any = None
    ) -> None:
        if self._connection is not None:
            self._connection.answer(number, id, error, result)

    def _real(self) -> Connection:
        with self._building:
            if self._connection is None:
                self._connection = Connection(self.config, self)
                stop_at_exit()
            return self._connection


def _nothing_instead() -> Link | None:
    """Frameworks put a function here that knows when tests run."""
    return None
