"""Assertions about what was emitted, for unittest and so for Django's test cases."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from .._select import ABSENT
from ._outbox import Emitted, Outbox, outbox

if TYPE_CHECKING:
    from unittest import TestCase as _Base
else:
    _Base = object


class RealtimeTestMixin(_Base):
    """Gives each test an outbox of its own: ``class OrderTest(RealtimeTestMixin, TestCase)``.

    In Django's `TestCase` transactions never commit: put what emits into
    ``with self.captureOnCommitCallbacks(execute=True)``.

    Attributes:
        outbox: What this test has emitted.
    """

    outbox: Outbox

    def setUp(self) -> None:
        """Puts the outbox in the sidecar's place until the test ends."""
        block = contextlib.ExitStack()
        self.outbox = block.enter_context(outbox())
        self.addCleanup(block.close)
        super().setUp()

    def assertEmitted(
        self,
        event: str,
        *args: Any,
        to: Any = ABSENT,
        users: Any = ABSENT,
        namespace: str = "/",
        count: int | None = None,
    ) -> list[Emitted]:
        """Fails unless an event was emitted.

        Args:
            event: Its name.
            *args: Its first arguments; none means any.
            to: Rooms it must have gone to, exactly; records too. Not given means any.
            users: Users, likewise.
            namespace: Its namespace.
            count: How often; not given means at least once.

        Returns:
            The emits that match.
        """
        found = self.outbox.emitted(event, *args, to=to, users=users, namespace=namespace)
        if (not found) if count is None else len(found) != count:
            times = "at least once" if count is None else f"{count} times"
            self.fail(
                f"{event!r} should have been emitted {times} to match, "
                f"and was {len(found)} times. {listing(self.outbox)}"
            )
        return found

    def assertNotEmitted(
        self,
        event: str | None = None,
        *args: Any,
        to: Any = ABSENT,
        users: Any = ABSENT,
        namespace: str = "/",
    ) -> None:
        """Fails if an event was emitted.

        Args:
            event: Its name; None means any event at all.
            *args: Its first arguments; none means any.
            to: Rooms, exactly; not given means any.
            users: Users, likewise.
            namespace: Its namespace.
        """
        if event is None:
            found = self.outbox.emits
        else:
            found = self.outbox.emitted(event, *args, to=to, users=users, namespace=namespace)
        if found:
            what = "nothing" if event is None else f"no {event!r}"
            self.fail(f"{what} should have been emitted. {listing(self.outbox)}")


def listing(sent: Outbox) -> str:
    """Tells what an outbox holds, for messages.

    Args:
        sent: The outbox.

    Returns:
        A line for each emit.
    """
    if not sent.emits:
        return "Nothing was emitted; in an open transaction emits wait for its commit."
    lines = [f"  {_described(emit)}" for emit in sent.emits]
    return "\n".join(["Emitted were:", *lines])


def _described(emit: Emitted) -> str:
    whom = {"to": emit.to, "users": emit.users, "except": emit.params.get("except")}
    named = [f"{key}={value!r}" for key, value in whom.items() if value is not None]
    if emit.namespace != "/":
        named.append(f"namespace={emit.namespace!r}")
    return ", ".join([repr(emit.event), *map(repr, emit.args), *named])
