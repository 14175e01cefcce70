"""Emits that wait for the commit, and are forgotten when it does not come.

Everything sent without waiting for an answer (`emit`, a `batch`, `join`, `leave`, `disconnect`,
`set`, `server_emit`) inside ``transaction.atomic`` is packed at the call, kept, and sent after the
commit: in order, consecutive emits as one frame (a savepoint begins another). Rolled back, also to
a savepoint, it is forgotten.

- Of several databases with an open transaction, all must commit; if one is rolled back, what was
  said in it is forgotten. ``using="alias"`` waits for that one alone.
- ``now=True`` and volatile emits do not wait. Acks do not: they answer the client.
- `call` and ``confirm=True`` raise `InTransactionError`.
- Each emit is an ``on_commit`` of its own for Django, so savepoints, `TestCase` and
  ``captureOnCommitCallbacks`` treat it as they treat any other.
- It is not an outbox: a process that dies between the commit and the write loses what it kept.

Django's transactions belong to threads, and there is none on an event loop: `aemit` in a
coroutine goes at once; inside a function called with ``sync_to_async``, `emit` waits for its
transaction.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from realtime_sidecar import EncodeError
from realtime_sidecar._gate import Act, Release

log = logging.getLogger("realtime.link")

_SKIPS_UNUSED: Final = "initialized_only" in inspect.signature(connections.all).parameters
_LOOK_BACK: Final = 32  # callbacks of others that may stand between two emits of one batch

Savepoints = tuple[str, ...]


class _Held:
    """One act that waits, and the callback that Django keeps for it.

    Args:
        group: Where it belongs.
        act: It; None for nothing, and once it was replaced by a later one.
        waits: How many databases must commit.
    """

    __slots__ = ("act", "group", "waits")

    def __init__(self, group: _Group, act: Act | None, waits: int) -> None:
        self.act = act
        self.group = group
        self.waits = waits

    def __call__(self) -> None:
        """Runs after the commit of a database; after the last one, sends."""
        self.waits -= 1
        if self.waits <= 0:
            self.group.committed(self)


class _Group:
    """Acts that stand or fall together: those of the same savepoints.

    The first callback that runs sends the acts from its own to the last, since their commit was
    the same one. Earlier acts stay: in tests, callbacks are run by hand from anywhere on.
    """

    __slots__ = ("bytes", "held", "key", "records", "release")

    def __init__(self, key: dict[str, Savepoints], release: Release) -> None:
        self.key = key
        self.release = release
        self.bytes = 0
        self.held: list[_Held] = []
        self.records: dict[Hashable, _Held] = {}

    def add(self, act: Act | None, record: Hashable | None) -> _Held:
        held = _Held(self, act, len(self.key))
        self.held.append(held)
        self.bytes += 0 if act is None else len(act.packed)
        if record is not None:
            self.records[record] = held
        return held

    def committed(self, first: _Held) -> None:
        if first not in self.held:
            return  # sent with an earlier one
        start = self.held.index(first)
        ready, self.held = self.held[start:], self.held[:start]
        try:
            self.release([held.act for held in ready if held.act is not None])
        except Exception:
            # Other callbacks of this commit are not ours to stop.
            log.exception("what waited for the commit could not be sent acts=%d", len(ready))


class Commits:
    """The gate of emits: Django's transactions of the calling thread.

    Thread-safe; keeps nothing for transactions that have ended.

    Args:
        limit: Gives the bytes that may wait together.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._thread = threading.local()

    def opened(self, using: str | None) -> Hashable | None:
        """Tells which savepoints of which databases are open in this thread.

        Args:
            using: The one database that matters, or None for all.

        Returns:
            A value to compare; None when nothing is open.
        """
        found = _open(using)
        return tuple((one.alias, *_savepoints(one)) for one in found) if found else None

    def hold(self, using: str | None, act: Act, release: Release) -> None:
        """Keeps an act until the commit; see `realtime_sidecar._gate.Gate`.

        Args:
            using: The one database to wait for, or None for all.
            act: The act.
            release: Sends it.

        Raises:
            EncodeError: More is kept than `Config.buffer_bytes` allows.
        """
        self.hold_record(using, act, release, None)

    def hold_record(
        self, using: str | None, act: Act | None, release: Release, record: Hashable | None
    ) -> None:
        """Does what `hold` does, for something of which the last version counts.

        Args:
            using: The one database to wait for, or None for all.
            act: The act; None to remember the record without saying anything.
            release: Sends it.
            record: What it tells of; `replace` finds it again.
        """
        databases = {connection.alias: connection for connection in _open(using)}
        key = {alias: _savepoints(connection) for alias, connection in databases.items()}
        group = self._extended(key, databases)
        if group is None:
            group = self._thread.group = _Group(key, release)
        total = group.bytes + (0 if act is None else len(act.packed))
        if total > self._limit():
            raise EncodeError(
                f"too large: {total} bytes would wait for this transaction; limit buffer_bytes, "
                f"{self._limit()}. Say less, in smaller transactions, or with now=True"
            )
        held = group.add(act, record)
        for alias in key:
            transaction.on_commit(held, using=alias)

    def replace(self, using: str | None, record: Hashable) -> bool:
        """Forgets what was kept for a record, if it would be sent or forgotten with what comes.

        Args:
            using: As for `hold`.
            record: As for `hold_record`.

        Returns:
            Whether there was something.
        """
        databases = {connection.alias: connection for connection in _open(using)}
        key = {alias: _savepoints(connection) for alias, connection in databases.items()}
        group = self._extended(key, databases)
        held = None if group is None else group.records.pop(record, None)
        if held is None or group is None or held not in group.held:
            return False
        group.bytes -= 0 if held.act is None else len(held.act.packed)
        held.act = None
        return True

    def _extended(self, key: dict[str, Savepoints], databases: dict[str, Any]) -> _Group | None:
        """Gives the latest group, if what is said now stands or falls with it."""
        group: _Group | None = getattr(self._thread, "group", None)
        if group is None or not group.held or group.key.keys() != key.keys():
            return None
        last = group.held[-1]
        for alias, savepoints in key.items():
            before = group.key[alias]
            # What was said in a savepoint that was released since belongs to the one around it.
            if before[: len(savepoints)] != savepoints or not _waits(databases[alias], last):
                return None
        group.key = key
        return group


def _connections() -> Iterable[Any]:
    """The connections this thread has used; nothing is opened."""
    return connections.all(initialized_only=True) if _SKIPS_UNUSED else connections.all()


def _open(using: str | None) -> list[Any]:
    """The connections of this thread with an open transaction.

    `TestCase` opens one on each of its databases: those count for the default one alone, so that
    ``captureOnCommitCallbacks`` needs not be told of all.
    """
    found = [one for one in _connections() if one.in_atomic_block and using in (None, one.alias)]
    if len(found) < 2:
        return found
    return [one for one in found if one.alias == DEFAULT_DB_ALIAS or not _by_test_case(one)]


def _by_test_case(connection: Any) -> bool:
    blocks = getattr(connection, "atomic_blocks", ())  # since Django 4.1
    return bool(blocks) and all(getattr(block, "_from_testcase", False) for block in blocks)


def _savepoints(connection: Any) -> Savepoints:
    """The open savepoints; an inner block without one falls with the block around it."""
    return tuple(sid for sid in connection.savepoint_ids if sid is not None)


def _waits(connection: Any, held: _Held) -> bool:
    """Tells whether a callback is still there; a rollback takes it away."""
    latest = connection.run_on_commit[-_LOOK_BACK:]
    return any(entry[1] is held for entry in reversed(latest))
