"""What waits to be written to the link: in order, bounded, with a stated way to lose. Pure.

Not thread-safe: the connection calls it under its lock. Four kinds of frames wait here:

============  =========================================================================
``ANSWER``    to a request of the sidecar; dies with the connection the request came by
``REQUEST``   somebody waits for it, bounded by a time; never dropped for room
``EMIT``      kept while the sidecar is away; the oldest is dropped for room
``VOLATILE``  the same, but dropped before any ``EMIT``
============  =========================================================================
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable
from typing import Final

READ_AHEAD: Final = 128 << 10
"""Bytes joined into one write: more gains nothing, and copying them costs."""

_SWEEP: Final = 1024  # dropped entries that may stand in the queue before it is swept


class Kind(enum.Enum):
    """Why a frame waits, and so what may become of it."""

    ANSWER = enum.auto()
    REQUEST = enum.auto()
    EMIT = enum.auto()
    VOLATILE = enum.auto()


class Entry:
    """One frame in the queue.

    Attributes:
        frame: Its bytes, or None once it has been dropped.
        kind: What may become of it.
        emits: How many emits it carries; a batch carries several, a request may carry none.
        written: Whether a byte of it has been given to the operating system; then it is never
            written again, not even after a reconnect.
    """

    __slots__ = ("emits", "frame", "kind", "written")

    def __init__(self, frame: bytes, kind: Kind, emits: int = 0) -> None:
        self.frame: bytes | None = frame
        self.kind = kind
        self.emits = emits
        self.written = False


class SendQueue:
    """The queue.

    Args:
        limit: Bytes that may wait. One frame alone may exceed it, or it could never be sent.

    Attributes:
        bytes: Bytes waiting now.
        dropped: Emits given up for room since the start.
        dropped_volatile: The same, volatile ones.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self.dropped = 0
        self.dropped_volatile = 0
        self._entries: deque[Entry] = deque()
        self._droppable: dict[Kind, deque[Entry]] = {Kind.VOLATILE: deque(), Kind.EMIT: deque()}
        self._offset = 0  # bytes of the first entry that have been written
        self._taken: list[Entry] = []
        self._dead = 0  # entries whose frame is None

    def __bool__(self) -> bool:
        return self.bytes > 0

    def put(self, entry: Entry) -> bool:
        """Adds a frame at the end, dropping others when there is no room.

        Args:
            entry: The frame.

        Returns:
            False when the frame itself was given up: an emit for which nothing else could be
            dropped, or a request that found the queue full of what may not be dropped.
        """
        assert entry.frame is not None
        size = len(entry.frame)
        if entry.kind is not Kind.ANSWER and not self._make_room(size):
            if entry.kind is not Kind.REQUEST:
                self._count(entry)
            return False
        self._entries.append(entry)
        self.bytes += size
        if entry.kind in self._droppable:
            self._droppable[entry.kind].append(entry)
        return True

    def take(self) -> bytes | memoryview:
        """Reads what should be written next; `wrote` must follow before the next take.

        Returns:
            The bytes of one or more whole frames, or of the rest of one; empty when none wait.
        """
        taken, total = self._taken, 0
        taken.clear()
        for entry in self._entries:
            if entry.frame is None:
                continue
            if taken and total + len(entry.frame) > READ_AHEAD:
                break
            taken.append(entry)
            entry.written = True
            total += len(entry.frame)
        if not taken:
            return b""
        data = b"".join(entry.frame or b"" for entry in taken) if len(taken) > 1 else _frame(taken)
        return memoryview(data)[self._offset :] if self._offset else data

    def wrote(self, count: int) -> None:
        """Removes what has been written.

        Args:
            count: Bytes of the last `take` that the operating system took.
        """
        self.bytes -= count
        count += self._offset
        self._offset = 0
        for entry in self._taken:
            size = len(entry.frame or b"")
            if count >= size:
                count -= size
                entry.frame = None
                self._dead += 1
                continue
            entry.written = count > 0
            self._offset += count  # what is left belongs to the first that is not whole
            count = 0
        self._taken.clear()
        self._sweep_front()

    def cancel(self, entry: Entry) -> None:
        """Takes a frame out that nobody wants any more, unless a byte of it is written.

        Args:
            entry: One that was put.
        """
        if not entry.written:
            self._remove(entry)

    def connection_lost(self) -> list[Entry]:
        """Forgets what belonged to a connection.

        Answers go, and the frame of which a part was written; what is whole stays in order.

        Returns:
            The frame that was cut, when there was one and it was no answer.
        """
        cut = self._entries[0] if self._offset else None
        if cut is not None and cut.frame is not None:
            self.bytes += self._offset  # the part written was subtracted already
        self._offset = 0
        self._taken.clear()
        lost = []
        for entry in list(self._entries):
            if entry.frame is None:
                continue
            if entry is cut or entry.kind is Kind.ANSWER:
                self._remove(entry)
            if entry is cut and entry.kind is not Kind.ANSWER:
                lost.append(entry)
        return lost

    def interrupted(self, taken: bool) -> list[Entry]:
        """Makes itself whole after a call that did not come to its end.

        Args:
            taken: Whether what the last `take` gave is in nobody's hands any more: how much of
                it has been written is not known, and it goes.

        Returns:
            What went.
        """
        gone = [e for e in self._entries if taken and e.written and e.frame is not None]
        for entry in gone:
            entry.frame = None
        if taken:
            self._taken.clear()
            self._offset = 0
        waiting = [e for e in self._entries if e.frame is not None]
        self._entries = deque(waiting)
        self._dead = 0
        for kind in self._droppable:
            self._droppable[kind] = deque(e for e in waiting if e.kind is kind)
        self.bytes = sum(len(e.frame or b"") for e in waiting) - self._offset
        return gone

    def put_first(self, entries: Iterable[Entry]) -> None:
        """Puts frames back in front, in the order given, to be written again.

        Args:
            entries: Requests whose effect is remembered by id, so that twice is once.
        """
        for entry in reversed(list(entries)):
            assert entry.frame is not None
            entry.written = False
            self._entries.appendleft(entry)
            self.bytes += len(entry.frame)

    def clear(self) -> int:
        """Gives up everything that waits; the emits among it are counted as dropped.

        Returns:
            How many emits that was.
        """
        emits = 0
        for entry in list(self._entries):
            if entry.frame is not None:
                emits += entry.emits
                self._count(entry)
                self._remove(entry)
        self._offset = 0
        self.bytes = 0
        return emits

    def emits(self) -> int:
        """Counts the emits that wait.

        Returns:
            Their number.
        """
        return sum(entry.emits for entry in self._entries if entry.frame is not None)

    def _make_room(self, size: int) -> bool:
        for waiting in (self._droppable[Kind.VOLATILE], self._droppable[Kind.EMIT]):
            while waiting and self.bytes + size > self.limit:
                oldest = waiting.popleft()
                if oldest.frame is None or oldest.written:
                    continue
                self._count(oldest)
                self._remove(oldest)
        return self.bytes + size <= self.limit or self.bytes == 0

    def _count(self, entry: Entry) -> None:
        if entry.kind is Kind.VOLATILE:
            self.dropped_volatile += entry.emits
        else:
            self.dropped += entry.emits

    def _remove(self, entry: Entry) -> None:
        if entry.frame is None:
            return
        self.bytes -= len(entry.frame)
        entry.frame = None
        self._dead += 1
        if self._dead > _SWEEP and self._dead > len(self._entries) // 2:
            self._entries = deque(e for e in self._entries if e.frame is not None)
            self._dead = 0

    def _sweep_front(self) -> None:
        while self._entries and self._entries[0].frame is None:
            self._entries.popleft()
            self._dead -= 1
        for waiting in self._droppable.values():
            while waiting and waiting[0].frame is None:
                waiting.popleft()


def _frame(taken: list[Entry]) -> bytes:
    return taken[0].frame or b""
