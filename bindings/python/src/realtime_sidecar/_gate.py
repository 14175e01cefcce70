"""What lets acts wait: a framework's open database transaction.

The core knows no database. A framework that has one sets `Emitter.gate`; everything that is sent
without waiting for an answer is shown to it first, packed already, so that values are those at the
moment of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol


class Act(NamedTuple):
    """Something to be sent: a notification's method and packed params."""

    method: str
    packed: bytes
    volatile: bool = False


Release = Callable[[Sequence[Act]], None]
"""Sends acts in order; consecutive emits go as one batch. Thread-safe, never waits."""


class Gate(Protocol):
    """What may hold acts back. Called on the caller's thread; must not wait."""

    def opened(self, using: str | None) -> Hashable | None:
        """Tells what an act would have to wait for.

        Args:
            using: The one database that matters, or None for all.

        Returns:
            A value that is equal for as long as nothing is opened or closed; None for nothing.
        """

    def hold(self, using: str | None, act: Act, release: Release) -> None:
        """Keeps an act until what is open now is committed; forgets it when that is rolled back.

        Args:
            using: As for `opened`.
            act: The act.
            release: Sends it then.
        """
