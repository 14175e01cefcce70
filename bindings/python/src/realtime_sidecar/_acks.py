"""What a handler may return for the client's ack, beyond a plain value."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from typing import Any

from .errors import RealtimeError

current_event: contextvars.ContextVar[EventContext | None] = contextvars.ContextVar(
    "realtime.event", default=None
)


class Ack(tuple[Any, ...]):
    """Several arguments of one ack: ``return realtime.ack(a, b)``."""

    __slots__ = ()


def ack(*args: Any) -> Ack:
    """Makes an ack of several arguments.

    Args:
        *args: They.

    Returns:
        What a handler returns.
    """
    return Ack(args)


class EventContext:
    """The event a handler is working on.

    Args:
        send: Sends an ack's arguments later; does nothing when the client wants none.
    """

    def __init__(self, send: Callable[[Sequence[Any]], None]) -> None:
        self.send = send
        self.deferred: Deferred | None = None


class Deferred:
    """An ack that is given after the handler has returned: ``later = realtime.defer()``.

    Call it once, from any thread: ``later(a, b)``. Until then the client waits; the socket's next
    events do not.
    """

    def __init__(self, send: Callable[[Sequence[Any]], None]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._open = False  # the sidecar knows that the ack follows
        self._args: tuple[Any, ...] | None = None

    def __call__(self, *args: Any) -> None:
        """Gives the ack.

        Args:
            *args: Its arguments.

        Raises:
            RealtimeError: It was given before.
        """
        with self._lock:
            if self._args is not None:
                raise RealtimeError("this ack was given before")
            self._args = args
            ready = self._open
        if ready:
            self._send(args)

    def settle(self, answer: Callable[[Any], None]) -> None:
        """Ends the handler's part: answers the event, then lets the ack go.

        The order of the two frames matters: an ack before ``{defer: true}`` would be unknown.

        Args:
            answer: Sends the event's result.
        """
        with self._lock:
            early = self._args
        answer({"defer": True} if early is None else list(early))
        if early is not None:
            return
        with self._lock:
            self._open = True
            late = self._args
        if late is not None:
            self._send(late)


def defer() -> Deferred:
    """Puts the ack of the event being handled off.

    Returns:
        What gives the ack, once.

    Raises:
        RealtimeError: No event is being handled here.
    """
    context = current_event.get()
    if context is None:
        raise RealtimeError("realtime.defer() belongs in the handler of an event")
    if context.deferred is None:
        context.deferred = Deferred(context.send)
    return context.deferred


def ack_arguments(value: Any) -> list[Any]:
    """Reads a handler's value.

    Args:
        value: None, an `Ack`, or any one value.

    Returns:
        The ack's arguments.
    """
    if value is None:
        return []
    return list(value) if isinstance(value, Ack) else [value]
