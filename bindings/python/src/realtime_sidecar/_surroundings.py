"""What a web framework puts around handlers: nothing, unless one is there.

The core knows no framework. A framework hands `Process.surround` one `Surroundings`, once, before
the process serves.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

from ._handler import Step
from ._socket import Socket


@contextlib.asynccontextmanager
async def _nothing_around() -> AsyncIterator[None]:
    yield


def _no_hooks() -> Iterable[str]:
    return ()


def _same_steps(
    method: str, socket: Socket, params: dict[str, Any], steps: list[Step]
) -> list[Step]:
    return steps


def _nothing_to_do() -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """The framework's part of each question of the sidecar.

    Attributes:
        socket: Made for each question; what handlers get as their first argument.
        around: Gives a context manager for the handlers of one question on a thread.
        aaround: Gives one for those on the event loop.
        hooks: Names the hooks the framework itself has, ``connect`` or ``disconnect``; asked at
            each greeting.
        steps: Adds the framework's own to what is called for a question:
            ``steps(method, socket, params, steps)`` with ``connect``, ``event`` or
            ``disconnect``. The value of an event's last step is the ack.
        denials: Exceptions that say "not allowed" instead of "failed": a connect is refused with
            their text, an event is answered as such and logged at info.
        idle: Called on a thread that had nothing to do for `idle_after`.
        idle_after: Seconds, or None for never.
    """

    socket: type[Socket] = Socket
    around: Callable[[], AbstractContextManager[Any]] = contextlib.nullcontext
    aaround: Callable[[], AbstractAsyncContextManager[Any]] = _nothing_around
    hooks: Callable[[], Iterable[str]] = _no_hooks
    steps: Callable[[str, Socket, dict[str, Any], list[Step]], list[Step]] = _same_steps
    denials: tuple[type[Exception], ...] = ()
    idle: Callable[[], None] = _nothing_to_do
    idle_after: float | None = None
