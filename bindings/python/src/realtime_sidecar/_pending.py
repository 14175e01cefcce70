"""The requests of this side that have no answer yet. Pure but for the futures it fills.

Not thread-safe: the connection calls it under its lock, and fills the futures it gets back after
the lock is released, since a future runs its callbacks where it is filled.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Final

from ._queue import Entry, Kind

HELLO_ID: Final = 0
"""The id of the greeting, which is no entry here: it is the connection's own question."""

PING_ID: Final = 2**32 - 1
"""The id of every ping, which is no entry either: any byte that comes answers it."""

LIMIT: Final = 1024
"""Unanswered requests a sidecar takes unless its greeting names another number."""


class Reply:
    """One request that waits for its answer.

    Attributes:
        id: The request's.
        method: Its method, for error texts.
        future: Gets the result, or the exception; any thread may wait for it.
        entry: Its frame in the send queue.
        resend: Its effect is remembered by an id in its params, so after a lost connection it
            may be sent once more.
    """

    __slots__ = ("emits", "entry", "frame", "future", "id", "method", "resend")

    def __init__(self, id: int, method: str, frame: bytes, emits: int, resend: bool) -> None:
        self.id = id
        self.method = method
        self.future: Future[Any] = Future()
        # Marked as running, so that nobody cancels it: waiters go away, answers may still come.
        self.future.set_running_or_notify_cancel()
        self.frame = frame
        self.emits = emits
        self.resend = resend
        self.entry = Entry(frame, Kind.REQUEST, emits)


class Pending:
    """The table of unanswered requests.

    Attributes:
        limit: How many there may be; the greeting's ``window``.
    """

    def __init__(self) -> None:
        self.limit = LIMIT
        self._replies: dict[int, Reply] = {}
        self._last_id = HELLO_ID

    def __len__(self) -> int:
        return len(self._replies)

    def next_id(self) -> int:
        """Chooses an id that no unanswered request has.

        Returns:
            1 … 2**32 - 2.
        """
        while True:
            self._last_id = self._last_id % (PING_ID - 1) + 1
            if self._last_id not in self._replies:
                return self._last_id

    def add(self, reply: Reply) -> None:
        """Remembers a request.

        Args:
            reply: With an id from `next_id`.
        """
        self._replies[reply.id] = reply

    def pop(self, id: int) -> Reply | None:
        """Forgets a request, because it was answered or nobody waits any more.

        Args:
            id: The request's.

        Returns:
            It, or None when it was forgotten before (a late answer).
        """
        return self._replies.pop(id, None)

    def connection_lost(self) -> tuple[list[Entry], list[Reply]]:
        """Sorts what waits after the connection broke.

        A request of which nothing was written stays as it is, in the send queue.

        Returns:
            Frames to be sent again, in order, and the replies that can no longer come.
        """
        again, failed = [], []
        for reply in list(self._replies.values()):
            if reply.entry.frame is not None:
                continue
            if reply.resend:
                reply.entry = Entry(reply.frame, Kind.REQUEST, reply.emits)
                again.append(reply.entry)
            else:
                failed.append(self._replies.pop(reply.id))
        return again, failed

    def clear(self) -> list[Reply]:
        """Forgets everything.

        Returns:
            What was waiting.
        """
        replies = list(self._replies.values())
        self._replies.clear()
        return replies
