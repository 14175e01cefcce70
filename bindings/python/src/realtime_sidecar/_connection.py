"""One connection to the server: its socket, its thread, its reconnects, its fork check.

It is the same whether the server is a sidecar or in this process: only `Way` knows.

The thread ``realtime.link`` connects, reads, keeps the heartbeat and finishes writes that would
block; it never waits for a handler or a caller. Everybody else writes through `Outbound`. Async
functions use the same thread and wait for its futures: there is one I/O layer, not two.

Fork: the connection belongs to the process that opened it. A child closes its copies of the
descriptors, forgets what was queued (the parent sends that) and starts afresh with its first use.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import threading
import time
from typing import Any, Final

from . import _protocol as protocol
from ._departure import Departure
from ._inbound import Inbound, Peer
from ._limits import Limits
from ._outage import Outage
from ._outbound import Outbound
from ._pending import HELLO_ID, Reply
from ._queue import Entry, Kind
from ._sending import read_back
from ._status import Status
from ._wakeup import Wakeup
from ._way import ByPath, Way, explained
from .config import Config
from .errors import (
    AnswerTimeoutError,
    EncodeError,
    LinkError,
    NotConnectedError,
    RealtimeError,
)

CLOSE_SLACK: Final = 0.5  # seconds beyond the flush for the thread to end

log = logging.getLogger("realtime.link")


class Connection:
    """The connection of this process.

    Allocates only; the first `send` or `request`, or `start`, starts the thread. All methods may
    be called by any thread and, but for `wait` and `close`, do not block.

    Args:
        config: The settings.
        peer: Who takes what comes in.

    Attributes:
        encoder: Packs params and frames.
        limits: As the sidecar told them last.
    """

    def __init__(self, config: Config, peer: Peer) -> None:
        self.config = config
        self.encoder = protocol.Encoder(config.encoder)
        self._peer = peer
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._outbound = Outbound(self.encoder, self.config.buffer_bytes, self._wake)
        self._lock = threading.Lock()  # guards the two below
        self._thread: threading.Thread | None = None
        self._departure = Departure()
        # Written by the thread alone.
        self._socket: socket.socket | None = None
        self._wakeup: Wakeup | None = None
        self._outage = Outage(self.config)
        self._way: Way = ByPath(self.config.socket_path)
        self._told: dict[str, Any] = {}
        self._welcome: dict[str, Any] = {}
        self.limits = Limits()

    def send(self, frame: bytes, *, volatile: bool = False, emits: int = 0) -> None:
        """Queues a notification, and writes it at once if that does not block. Never raises.

        Args:
            frame: The whole frame.
            volatile: It is the first to go when there is no room.
            emits: How many emits it carries, for the counters.
        """
        self._check_fork()
        self._outbound.put(Entry(frame, Kind.VOLATILE if volatile else Kind.EMIT, emits))
        if self._thread is None:
            self.start()

    def request(self, method: str, params: bytes, *, emits: int = 0, resend: bool = False) -> Reply:
        """Sends a request.

        Args:
            method: Its name.
            params: The packed map.
            emits: How many emits it carries.
            resend: Its params carry an id that the sidecar remembers, so twice is once.

        Returns:
            Where its answer will be: hand it to `wait`, or await its future and then `abandon` it.

        Raises:
            EncodeError: Too large.
        """
        self._check_fork()
        reply = self._outbound.request(method, params, emits, resend)
        if self._thread is None:
            self.start()
        return reply

    def answer(
        self, number: int, id: int, error: dict[str, Any] | None, result: Any = None
    ) -> None:
        """Answers a request of the sidecar; nothing happens when its connection is gone.

        Args:
            number: The connection's, as given to `Peer.asked`.
            id: The request's.
            error: None, or the map.
            result: The value.
        """
        try:
            frame = self.encoder.response(id, error, result)
            if isinstance(result, list) and not self.limits.let_through(frame):  # an ack
                self.limits.check_args(read_back(self.encoder, result))
        except EncodeError as problem:
            log.error("an answer cannot be sent: %s", problem)
            frame = self.encoder.response(id, {"code": "internal", "message": str(problem)[:200]})
        self._outbound.put(Entry(frame, Kind.ANSWER), number)

    def wait(self, reply: Reply, timeout: float) -> Any:
        """Waits for an answer.

        Args:
            reply: From `request`.
            timeout: Seconds.

        Returns:
            The result.

        Raises:
            RequestError: The sidecar refused.
            NotConnectedError: There was no sidecar, or the connection broke before the answer.
            AnswerTimeoutError: There was one, but it did not answer in time.
        """
        try:
            return self._outbound.await_answer(reply, timeout)
        except TimeoutError:
            raise self.timeout_error(reply.method, timeout) from None

    def timeout_error(self, method: str, timeout: float) -> LinkError:
        """Chooses the error for a wait that ended without an answer.

        Args:
            method: What was waited for.
            timeout: Seconds.

        Returns:
            The error to raise.
        """
        if self._outbound.ready:
            return AnswerTimeoutError(method, timeout)
        return self._not_connected(self._outage.reason or f"not connected within {timeout:g} s")

    def abandon(self, reply: Reply) -> None:
        """Forgets a request nobody waits for; if it is not written yet, it never will be.

        Args:
            reply: From `request`.
        """
        self._outbound.abandon(reply)

    def start(self) -> None:
        """Starts the thread, if it does not run. Never raises: what cannot be sent is counted."""
        self._check_fork()
        with self._lock:
            if self._thread is not None or self._departure.last:
                return
            thread = self._thread = threading.Thread(
                target=self._run, name="realtime.link", daemon=True
            )
            if self._wakeup is None:
                self._wakeup = Wakeup()
        try:
            thread.start()
        except RuntimeError as error:  # at interpreter exit there are no new threads
            with self._lock:
                self._thread = None
            gone, replies = self._outbound.clear()
            self._fail(replies, "no thread can be started")
            log.warning("cannot start the link: %s; dropped=%d", error, gone)

    def renew(self) -> None:
        """Changes connections once nothing is held, because the greeting has changed."""
        with self._lock:
            self._departure.renew()
        self._outbound.watch(True)
        self._wake()

    def tell(self, hello: dict[str, Any]) -> None:
        """Does what `renew` does, if this is not what the last greeting said.

        Args:
            hello: What a greeting would say now.
        """
        if hello != self._told:
            self.renew()

    def outlast(self) -> None:
        """Makes this connection the last: the server ends it, and none is opened until `close`.

        What is sent while the server ends still goes to it.
        """
        with self._lock:
            self._departure.last = True
        self._wake()

    def look(self) -> None:
        """Has the thread look whether it may leave: something held was finished."""
        self._wake()

    def close(self, reason: str, flush_timeout: float) -> None:
        """Writes what waits, says ``bye`` and closes; a later `send` starts anew.

        Blocks for at most ``flush_timeout`` plus half a second.

        Args:
            reason: For the sidecar's log.
            flush_timeout: Seconds for what waits; what is left then is dropped and counted.
        """
        self._check_fork()
        with self._lock:
            thread = self._thread
            if thread is not None:
                self._departure.close(reason, flush_timeout)
        if thread is not None:
            self._outbound.watch(True)
            self._wake()
            thread.join(flush_timeout + CLOSE_SLACK)
        with self._lock:
            self._departure.last = False
        gone, replies = self._outbound.clear()
        if gone:
            log.warning("closed with emits unsent dropped=%d socket=%s", gone, self._path)
        self._fail(replies, "this process has closed its link")

    def after_fork(self) -> None:
        """Makes the child's copy a fresh one: descriptors are closed, never shut down."""
        for end in (self._socket, self._wakeup):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()
        self._reset()

    def status(self) -> Status:
        """Looks at the link.

        Returns:
            A snapshot.
        """
        return Status(
            socket_path=self._path,
            connected=self._outbound.ready,
            failures=self._outage.failures,
            reason=self._outage.reason,
            native=self._peer.way().native,
            boot=str(self._welcome.get("boot", "")),
            node=str(self._welcome.get("node", "")),
            **self._outbound.counters(),
        )

    def _check_fork(self) -> None:
        if self._pid != os.getpid():  # forked in a way that ran no Python hook
            self.after_fork()

    @property
    def _path(self) -> str:
        return self.config.socket_path

    # The thread.

    def _run(self) -> None:
        while True:
            failure: str | None = None
            try:
                self._connect()
                self._converse()
            except (OSError, RealtimeError) as error:
                failure = explained(error)
            except Exception as error:
                log.exception("the link failed")
                failure = f"internal: {error}"
            self._disconnected(failure)
            if self._over():
                return
            if failure is not None:
                self._pause()

    def _over(self) -> bool:
        empty = self._outbound.empty()
        with self._lock:
            if not self._departure.over(empty):
                return False
            self._thread = None
            if self._wakeup is not None:
                self._wakeup.close()
            self._wakeup = None
        return True

    def _connect(self) -> None:
        self._way = self._peer.way()
        self._socket = self._way.open(self.config.greeting_timeout)
        self._socket.settimeout(self.config.greeting_timeout)
        with self._lock:
            self._departure.renewed()  # what is asked from here on may have missed this greeting
        self._told = self._peer.hello()
        self._socket.sendall(self.encoder.request(HELLO_ID, "hello", self._told))
        self._socket.setblocking(False)

    def _converse(self) -> None:
        assert self._socket is not None
        assert self._wakeup is not None
        link, outbound = self._socket.fileno(), self._outbound
        inbound = Inbound(
            self._socket,
            outbound,
            self.encoder,
            self._peer,
            greeting_timeout=self.config.greeting_timeout,
            greeted=self._greeted,
            drained=self.renew,
        )
        poll = select.poll()
        poll.register(self._wakeup, select.POLLIN)
        poll.register(link, select.POLLIN)
        while not self._done():
            poll.modify(link, select.POLLIN | (select.POLLOUT if outbound.blocked else 0))
            for descriptor, events in poll.poll(self._patience(inbound.due()) * 1000):
                if descriptor != link:
                    self._wakeup.drain()
                    continue
                if events & select.POLLOUT:
                    outbound.resume()
                if events & ~select.POLLOUT:
                    inbound.read()
            inbound.keep_alive()
        self._say_bye()

    def _greeted(self, result: dict[str, Any]) -> None:
        self._welcome = result
        self.limits = Limits.read(result)
        self._outage.over(self._way.name)
        self._peer.welcomed(result)

    def _done(self) -> bool:
        """Whether the connection should end on purpose."""
        idle, empty = self._peer.idle(), self._outbound.empty()
        with self._lock:
            return self._departure.due(ready=self._outbound.ready, idle=idle, empty=empty)

    def _patience(self, due: float) -> float:
        """Seconds until something is due."""
        with self._lock:
            due = self._departure.next_look(due)
        return max(0.0, due - time.monotonic()) + 0.001

    def _say_bye(self) -> None:
        assert self._socket is not None
        if not self._outbound.ready or not self._outbound.seal():
            return  # it was never greeted, or time is up: what waits is for the next connection
        with self._lock:
            reason = self._departure.reason
        with contextlib.suppress(OSError):
            self._socket.send(self.encoder.notification("bye", {"reason": reason}))

    def _disconnected(self, failure: str | None) -> None:
        if self._outbound.cut:
            failure = "whoever was writing to it was interrupted"
        failed = self._outbound.detach()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        with self._lock:
            leaving = self._departure.closing or self._departure.last
            self._departure.renewed()
        self._outbound.watch(leaving)
        if failure is None:
            self._outage.reason = "closed"
        else:
            self._outage.failed(self._way.name, failure, quietly=leaving)
        self._fail(failed, "the connection was lost before the answer came")

    def _pause(self) -> None:
        """Waits between attempts; not at all while closing, or nearly.

        Nor when there is news: another greeting to make, or another way to connect.
        """
        assert self._wakeup is not None
        until = time.monotonic() + self._outage.delay()
        poll = select.poll()
        poll.register(self._wakeup, select.POLLIN)
        while (left := until - time.monotonic()) > 0:
            if self._departure.closing:
                poll.poll(min(left, self.config.retry_delay) * 1000)
                return
            if poll.poll(left * 1000 + 1):
                self._wakeup.drain()
            if self._departure.renewing or self._departure.last:
                return

    def _wake(self) -> None:
        # Under the lock though it is a system call: it cannot block, and the pair must not be
        # closed, and its number given to another file, in between.
        with self._lock:
            if self._wakeup is not None:
                self._wakeup.wake()

    def _fail(self, replies: list[Reply], reason: str) -> None:
        for reply in replies:
            reply.future.set_exception(self._not_connected(reason))

    def _not_connected(self, reason: str) -> NotConnectedError:
        native = self.config.native or self._way.native
        return NotConnectedError(self._path, self._outage.failures, reason, native)
