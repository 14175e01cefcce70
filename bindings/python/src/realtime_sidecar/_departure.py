"""Why a connection is to end on purpose, and until when it may take its time."""

from __future__ import annotations

import time
from typing import Final

RENEW_TIMEOUT: Final = 10.0  # seconds to finish what is held before changing connections


class Departure:
    """What has been asked of a connection: to end for good, to be followed by another, or by none.

    Not thread-safe: the connection calls it under its lock.

    Attributes:
        last: What is connected now is not to be replaced.
    """

    def __init__(self) -> None:
        self.last = False
        self._closing: str | None = None  # the reason given in `bye`
        self._deadline = 0.0  # of closing
        self._renewing: float | None = None  # deadline for changing connections

    @property
    def closing(self) -> bool:
        """Whether it is to end for good."""
        return self._closing is not None

    @property
    def renewing(self) -> bool:
        """Whether another is to follow it."""
        return self._renewing is not None

    @property
    def reason(self) -> str:
        """What to say in ``bye``."""
        return self._closing or "renewing"

    def close(self, reason: str, patience: float) -> None:
        """Has it end for good.

        Args:
            reason: For the sidecar's log.
            patience: Seconds for what waits to be written.
        """
        self._closing = reason
        self._deadline = time.monotonic() + patience

    def renew(self) -> None:
        """Has another follow it, once nothing is held or `RENEW_TIMEOUT` is over."""
        self._renewing = time.monotonic() + RENEW_TIMEOUT

    def renewed(self) -> None:
        """Forgets `renew`: the greeting of another is about to be made, or there is none."""
        self._renewing = None

    def due(self, *, ready: bool, idle: bool, empty: bool) -> bool:
        """Tells whether the time to go has come.

        Args:
            ready: Whether its greeting is answered.
            idle: Whether no handler is at work.
            empty: Whether nothing waits to be written.

        Returns:
            Whether.
        """
        now = time.monotonic()
        if self._closing is not None:
            return empty or now >= self._deadline
        if self._renewing is None or not ready:
            return False
        return (idle and empty) or now >= self._renewing

    def over(self, empty: bool) -> bool:
        """Tells whether none is to follow the connection that has just ended; then it is closed.

        Args:
            empty: Whether nothing waits to be written.

        Returns:
            Whether.
        """
        closed = self._closing is not None and (empty or time.monotonic() >= self._deadline)
        if not (closed or self.last):
            return False
        self._closing = None
        return True

    def next_look(self, due: float) -> float:
        """Chooses when to look again at the latest.

        Args:
            due: When something else is due.

        Returns:
            When, as `time.monotonic` counts.
        """
        if self._closing is not None:
            due = min(due, self._deadline)
        if self._renewing is not None:
            due = min(due, self._renewing)
        return due
