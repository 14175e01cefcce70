"""The sending half of the connection: whoever sends writes at once, and nobody ever blocks.

A caller queues its frame and, if no other thread is writing, takes the lease (`_writer`) and
writes what is queued: one writer at a time, and frames that arrive meanwhile leave with its next
write. What the operating system does not take at once is left to the connection's thread.

The lock is held for a few statements, never across a system call or while a future is filled.
The descriptor is closed only while nobody holds the lease: a number the operating system has
given to another file in between must not be written to.

A handler of a signal (Ctrl-C's, a deadline's) may raise between any two steps of a caller on the
main thread. What it was writing then counts as lost, and the connection is made anew:
`_interrupted`.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Final

from ._pending import Pending, Reply
from ._protocol import Encoder
from ._queue import Entry, Kind, SendQueue
from .errors import RequestError

FLUSH_ROUNDS: Final = 4  # writes a caller makes on behalf of others before the thread takes over


class Outbound:
    """Queue, unanswered requests and writes of one process.

    Any thread may call any method; none blocks but `await_answer` and, for as long as one
    non-blocking write takes, `detach`.

    Args:
        encoder: Builds the frames of requests.
        limit: Bytes that may wait.
        wake: Called, with no lock held, when the connection's thread should look.

    Attributes:
        lost: Emits cut in the middle, by lost connections or by who was writing them.
    """

    def __init__(self, encoder: Encoder, limit: int, wake: Callable[[], None]) -> None:
        self.lost = 0
        self._rejected = 0
        self._encoder = encoder
        self._wake = wake
        self._lock = threading.Lock()
        self._lease_ended = threading.Condition(self._lock)
        self._queue = SendQueue(limit)
        self._pending = Pending()
        self._socket: socket.socket | None = None  # set: the greeting is answered
        self._number = 0  # of the connection
        self._writer = 0  # the thread that holds the lease
        self._cut = False  # whoever wrote was thrown out of it
        self._blocked = False  # the rest is the thread's to write
        self._watched = False  # the thread wants to know when the queue is empty

    @property
    def ready(self) -> bool:
        """Whether frames can be written."""
        return self._socket is not None

    @property
    def blocked(self) -> bool:
        """Whether the thread should call `resume` when the socket takes bytes again."""
        return self._blocked

    @property
    def number(self) -> int:
        """The connection's number; answers to requests of an older one are dropped."""
        return self._number

    @property
    def cut(self) -> bool:
        """Whether the connection ends because who was writing to it was interrupted."""
        return self._cut

    def put(self, entry: Entry, number: int | None = None) -> bool:
        """Queues a frame and writes what is queued, as far as that does not block.

        Args:
            entry: The frame.
            number: For answers: the connection the request came by.

        Returns:
            False when it was not taken: no room, or that connection is gone.
        """
        data: bytes | memoryview = b""
        try:
            with self._lock:
                if number is not None and (number != self._number or self._socket is None):
                    return False
                taken = self._queue.put(entry)
                if self._socket is not None and not self._writer and not self._blocked:
                    self._writer = threading.get_ident()
                    data = self._queue.take()
            if data:
                self._flush(data)
        except BaseException:
            self._interrupted()
            raise
        return taken

    def request(self, method: str, params: bytes, emits: int, resend: bool) -> Reply:
        """Sends a request.

        Args:
            method: Its name.
            params: The packed map.
            emits: How many emits it carries.
            resend: Whether it may be sent once more after a lost connection.

        Returns:
            Where its answer will be; a request there is no room for is answered ``busy`` at once.

        Raises:
            EncodeError: Too large.
        """
        with self._lock:
            id = self._pending.next_id()
            frame = self._encoder.request(id, method, params)
            reply = Reply(id, method, frame, emits, resend)
            full = len(self._pending) >= self._pending.limit
            if not full:
                self._pending.add(reply)
        if full:
            refusal = f"{self._pending.limit} requests are unanswered"
            reply.future.set_exception(RequestError("busy", refusal))
            return reply
        try:
            taken = self.put(reply.entry)
        except BaseException:  # nobody will have the reply
            self.abandon(reply)
            raise
        if not taken:
            self.abandon(reply)
            refusal = f"{self._queue.limit} bytes wait for the sidecar"
            reply.future.set_exception(RequestError("busy", refusal))
        return reply

    def await_answer(self, reply: Reply, timeout: float) -> Any:
        """Waits for an answer.

        Args:
            reply: From `request`.
            timeout: Seconds.

        Returns:
            The result.

        Raises:
            RealtimeError: What the answer, or its absence, was turned into.
            TimeoutError: Nothing came; the request is forgotten.
        """
        try:
            return reply.future.result(timeout)
        except FutureTimeoutError:  # not the built-in one before Python 3.11
            self.abandon(reply)
            raise TimeoutError from None

    def abandon(self, reply: Reply) -> None:
        """Forgets a request nobody waits for; unwritten, it never will be written.

        Args:
            reply: From `request`.
        """
        with self._lock:
            if self._pending.pop(reply.id) is not None:
                self._queue.cancel(reply.entry)

    # For the connection's thread.

    def attach(self, link: socket.socket, window: int | None) -> None:
        """Begins to write to a connection whose greeting has been answered.

        Args:
            link: Its socket, non-blocking; stays the caller's to close, after `detach`.
            window: Unanswered requests the sidecar takes, if it said.
        """
        with self._lock:
            self._number += 1
            self._socket = link
            self._blocked = False
            if window is not None:
                self._pending.limit = window
        self.resume()

    def resume(self) -> None:
        """Goes on writing after the socket took no more."""
        with self._lock:
            if self._writer or self._socket is None:
                return
            self._blocked = False
            data = self._queue.take()
            self._writer = threading.get_ident() if data else 0
        if data:
            self._flush(data)

    def seal(self) -> bool:
        """Ends the writing if nothing waits, so that nothing can follow the ``bye``.

        Returns:
            Whether nothing waited; else nothing has changed.
        """
        with self._lock:
            if self._queue or self._writer:
                return False
            self._socket = None
            return True

    def detach(self) -> list[Reply]:
        """Stops writing; after it the socket may be closed.

        Answers and what was cut are forgotten, whole frames stay for the next connection.

        Returns:
            Replies that can no longer come; the caller fills them.
        """
        with self._lease_ended:
            self._socket = None
            while self._writer:
                self._lease_ended.wait()
            self._blocked = self._cut = False
            self._number += 1
            self._count_lost(self._queue.connection_lost())
            again, failed = self._pending.connection_lost()
            self._queue.put_first(again)
            return failed

    def watch(self, watched: bool) -> None:
        """Asks to be woken when the queue becomes empty.

        Args:
            watched: Whether.
        """
        with self._lock:
            self._watched = watched

    def empty(self) -> bool:
        """Looks whether anything waits or is being written.

        Returns:
            Whether nothing is.
        """
        with self._lock:
            return not self._queue and not self._writer

    def take_answer(self, id: int) -> Reply | None:
        """Finds the request an answer is for.

        Args:
            id: The answer's.

        Returns:
            The request, or None when nobody waits for it any more.
        """
        with self._lock:
            return self._pending.pop(id)

    def count_rejected(self) -> None:
        """Counts an emit that the sidecar refused."""
        with self._lock:
            self._rejected += 1

    def clear(self) -> tuple[int, list[Reply]]:
        """Gives up all that waits.

        Returns:
            How many emits that was, and the replies to fill.
        """
        with self._lock:
            return self._queue.clear(), self._pending.clear()

    def counters(self) -> dict[str, int]:
        """Looks at what waits and what was given up.

        Returns:
            The fields of `Status` that this half knows.
        """
        with self._lock:
            return {
                "buffered": self._queue.emits(),
                "buffered_bytes": self._queue.bytes,
                "dropped": self._queue.dropped,
                "dropped_volatile": self._queue.dropped_volatile,
                "lost": self.lost,
                "rejected": self._rejected,
                "unanswered": len(self._pending),
            }

    def _flush(self, data: bytes | memoryview) -> None:
        """Writes; the caller has taken the lease, and it is given back here."""
        link = self._socket
        rounds = FLUSH_ROUNDS
        while True:
            try:
                count = link.send(data) if link is not None else 0
            except OSError:  # would block, or broken: the thread finds out which
                count = 0
            rounds -= 1
            with self._lock:
                self._queue.wrote(count)
                stuck = count < len(data) or (rounds <= 0 and bool(self._queue))
                data = b"" if stuck or self._socket is None else self._queue.take()
                if data:
                    continue
                self._blocked = stuck
                self._writer = 0
                self._lease_ended.notify_all()
                wake = stuck or self._watched
            if wake:
                self._wake()
            return

    def _interrupted(self) -> None:
        """Makes good that this thread was thrown out of `put`, wherever it was.

        If it was writing, nobody knows how much has left: what it had taken is not written again,
        which could be twice, and this connection ends.
        """
        link = None
        with self._lock:
            writing = self._writer == threading.get_ident()
            self._count_lost(self._queue.interrupted(writing))
            if writing:
                link, self._socket, self._writer, self._cut = self._socket, None, 0, True
                self._lease_ended.notify_all()
        if link is not None:
            with contextlib.suppress(OSError):  # it is broken, or the thread has closed it
                link.shutdown(socket.SHUT_RDWR)
        self._wake()

    def _count_lost(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.kind is not Kind.REQUEST:
                self.lost += entry.emits
