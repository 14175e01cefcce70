"""Who is "current": the sockets of the page whose request, task or event is being worked on.

The page's script names them in a header; `RealtimeMiddleware` reads it, Celery tasks inherit them.
"""

from __future__ import annotations

import contextlib
import contextvars
import re
from collections.abc import Iterator, Sequence
from typing import Final

HEADER: Final = "X-Realtime-Socket"
MOST: Final = 8  # ids read from one header; a page has one socket for each namespace

_ID: Final = re.compile(r"[A-Za-z0-9_-]{20}")  # as the sidecar makes them
_current: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar(
    "realtime.current", default=()
)


def current_sockets() -> tuple[str, ...]:
    """Tells which sockets ``except_="current"`` leaves out.

    Returns:
        Their ids; empty where there are none.
    """
    return _current.get()


@contextlib.contextmanager
def current(sockets: Sequence[str]) -> Iterator[None]:
    """Makes sockets the current ones for a block.

    Args:
        sockets: Their ids.

    Yields:
        Once.
    """
    token = _current.set(tuple(sockets))
    try:
        yield
    finally:
        _current.reset(token)


def read_header(text: str | None) -> tuple[str, ...]:
    """Reads the header; what is not of the form of an id is ignored.

    Args:
        text: Its value, or None.

    Returns:
        At most `MOST` ids.
    """
    parts = (text or "").split(",")[:MOST]
    return tuple(part.strip() for part in parts if _ID.fullmatch(part.strip()))
