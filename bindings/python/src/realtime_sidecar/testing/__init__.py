"""For the tests of apps: what was emitted, what handlers answer, and the real sidecar.

    from realtime_sidecar.testing import outbox

    with outbox() as sent:
        pay(order)
    assert sent.emitted("order.paid", to="orders")

| | |
|---|---|
| `outbox`, `Outbox`, `Emitted` | what was emitted, in memory |
| `RealtimeTestMixin` | ``assertEmitted`` and ``assertNotEmitted`` for unittest and Django |
| `HandlerClient` | connects to your handlers and speaks with them, without a sidecar |
| `RunningSidecar` | the real binary on a free port, or the server inside this process |
| `RealtimeLiveServerTestCase` | Django's live server behind it |

pytest has the fixtures ``realtime_outbox`` and ``realtime_server``. In a Django project nothing
connects while tests run: what is emitted outside `outbox` lands in an outbox of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._assertions import RealtimeTestMixin
from ._handlers import HandlerClient, Refused
from ._outbox import Emitted, Outbox, automatic_outbox, outbox
from ._sidecar import RunningSidecar

if TYPE_CHECKING:
    from ._django import RealtimeLiveServerTestCase

__all__ = [
    "Emitted",
    "HandlerClient",
    "Outbox",
    "RealtimeLiveServerTestCase",
    "RealtimeTestMixin",
    "Refused",
    "RunningSidecar",
    "automatic_outbox",
    "outbox",
]


def __getattr__(name: str) -> Any:
    """Loads what needs Django only when it is asked for."""
    if name == "RealtimeLiveServerTestCase":
        from ._django import RealtimeLiveServerTestCase

        return RealtimeLiveServerTestCase
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
