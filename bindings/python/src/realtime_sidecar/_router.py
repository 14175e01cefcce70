"""The table of handlers: which function takes which event of which namespace.

Registered when modules are imported, read by the worker. Registering is not thread-safe and
should be over before a process serves; reading is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, overload

from ._handler import Handler
from ._select import namespace_name
from .errors import ConfigurationError

Function = TypeVar("Function", bound=Callable[..., Any])


class _Names:
    """Namespaces, exact ones before patterns: ``/chat`` before ``/c*``."""

    def __init__(self) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}

    def candidates(self, namespace: str) -> list[str]:
        matching = [name for name, p in self._patterns.items() if p.fullmatch(namespace)]
        return [namespace, *matching]

    def add(self, namespace: str) -> str:
        name = namespace_name(namespace)
        if "*" in name and name not in self._patterns:
            self._patterns[name] = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
        return name


class Router:
    """All handlers of a process."""

    def __init__(self) -> None:
        self._names = _Names()
        self._events: dict[tuple[str, str], Handler] = {}
        self._server_events: dict[tuple[str, str], Handler] = {}
        self._connects: dict[str, list[Handler]] = {}
        self._disconnects: dict[str, list[Handler]] = {}
        self._listeners: dict[str, list[Handler]] = {}
        self._resets: list[Handler] = []

    # Registering.

    def on(self, event: str, *, namespace: str = "/") -> Callable[[Function], Function]:
        """Registers the handler of an event: ``handler(socket, *args)``.

        Its value is the client's ack: None acks without arguments, a value with that value,
        `Ack` with several, `Deferred` later.

        Args:
            event: The event's name.
            namespace: Its namespace; may be a pattern such as ``/room-*``.

        Returns:
            The decorator; it gives the function back unchanged.

        Raises:
            ConfigurationError: Another function has that event already.
        """
        return self._single(self._events, event, namespace)

    def on_server_event(
        self, event: str, *, namespace: str = "/"
    ) -> Callable[[Function], Function]:
        """Registers the handler of an event of other app processes: ``handler(*args)``.

        Args:
            event: The event's name.
            namespace: Its namespace; may be a pattern.

        Returns:
            The decorator.

        Raises:
            ConfigurationError: Another function has that event already.
        """
        return self._single(self._server_events, event, namespace)

    @overload
    def on_connect(self, function: Function, /) -> Function: ...
    @overload
    def on_connect(
        self, function: None = None, /, *, namespace: str = "/"
    ) -> Callable[[Function], Function]: ...
    def on_connect(self, function: Any = None, /, *, namespace: str = "/") -> Any:
        """Registers a connect hook: ``hook(socket)`` or ``hook(socket, auth)``.

        It lets a client in by returning, and refuses with `reject`, with a
        ``ConnectionRefusedError("message", data)`` or by returning False. Any other exception
        sends the client back to try again.

        Args:
            function: The hook, when used without parentheses.
            namespace: The namespace it guards; may be a pattern.

        Returns:
            The function, or the decorator.
        """
        return self._several(self._connects, function, namespace)

    @overload
    def on_disconnect(self, function: Function, /) -> Function: ...
    @overload
    def on_disconnect(
        self, function: None = None, /, *, namespace: str = "/"
    ) -> Callable[[Function], Function]: ...
    def on_disconnect(self, function: Any = None, /, *, namespace: str = "/") -> Any:
        """Registers a disconnect hook: ``hook(socket)`` or ``hook(socket, reason)``.

        Args:
            function: The hook, when used without parentheses.
            namespace: The namespace; may be a pattern.

        Returns:
            The function, or the decorator.
        """
        return self._several(self._disconnects, function, namespace)

    @overload
    def on_any(self, function: Function, /) -> Function: ...
    @overload
    def on_any(
        self, function: None = None, /, *, namespace: str = "/"
    ) -> Callable[[Function], Function]: ...
    def on_any(self, function: Callable[..., Any] | None = None, /, *, namespace: str = "/") -> Any:
        """Registers a listener for every event: ``listener(socket, event, *args)``.

        It is called before the event's own handler; what it returns is not an ack.

        Args:
            function: The listener, when used without parentheses.
            namespace: The namespace; may be a pattern.

        Returns:
            The function, or the decorator.
        """
        return self._several(self._listeners, function, namespace)

    def on_reset(self, function: Function, /) -> Function:
        """Registers what rebuilds after the sidecar was replaced: ``hook(boot, previous)``.

        Called when this process meets another start of the sidecar than the one it knew: all
        sockets of the old one are gone without a disconnect. Both arguments may be left out.

        Args:
            function: The hook.

        Returns:
            The function.
        """
        _add(self._resets, Handler.of(function))
        return function

    def _single(
        self, table: dict[tuple[str, str], Handler], event: str, namespace: str
    ) -> Callable[[Function], Function]:
        if not isinstance(event, str) or not event:
            raise ConfigurationError(f"an event's name must be text, not {event!r}")
        key = (self._names.add(namespace), event)

        def register(function: Function) -> Function:
            handler = Handler.of(function)
            known = table.get(key)
            if known is not None and known.name != handler.name:
                raise ConfigurationError(
                    f"{event!r} of {key[0]} is handled by {known.name} already; "
                    f"{handler.name} would replace it"
                )
            table[key] = handler
            return function

        return register

    def _several(
        self, table: dict[str, list[Handler]], function: Callable[..., Any] | None, namespace: str
    ) -> Any:
        key = self._names.add(namespace)

        def register(function: Function) -> Function:
            _add(table.setdefault(key, []), Handler.of(function))
            return function

        return register if function is None else register(function)

    # Reading.

    def event(self, namespace: str, event: str) -> Handler | None:
        """Finds the handler of an event.

        Args:
            namespace: Where it came.
            event: Its name.

        Returns:
            The handler, or None.
        """
        return self._find(self._events, namespace, event)

    def server_event(self, namespace: str, event: str) -> Handler | None:
        """Finds the handler of a server event.

        Args:
            namespace: Where it came.
            event: Its name.

        Returns:
            The handler, or None.
        """
        return self._find(self._server_events, namespace, event)

    def connects(self, namespace: str) -> list[Handler]:
        """Finds the connect hooks of a namespace.

        Args:
            namespace: The namespace.

        Returns:
            They, in the order of their registration.
        """
        return self._all(self._connects, namespace)

    def disconnects(self, namespace: str) -> list[Handler]:
        """Finds the disconnect hooks of a namespace.

        Args:
            namespace: The namespace.

        Returns:
            They, in the order of their registration.
        """
        return self._all(self._disconnects, namespace)

    def listeners(self, namespace: str) -> list[Handler]:
        """Finds the listeners for every event of a namespace.

        Args:
            namespace: The namespace.

        Returns:
            They, in the order of their registration.
        """
        return self._all(self._listeners, namespace)

    def resets(self) -> list[Handler]:
        """Finds the hooks for a replaced sidecar.

        Returns:
            They, in the order of their registration.
        """
        return list(self._resets)

    def hooks(self) -> list[str]:
        """Names the hooks this code defines, for the greeting.

        Returns:
            ``connect``, ``disconnect``, both or none.
        """
        tables = {"connect": self._connects, "disconnect": self._disconnects}
        return [name for name, table in tables.items() if table]

    def namespaces(self) -> list[str]:
        """Names the namespaces with handlers; ``/`` is always one.

        Returns:
            Names and patterns, sorted.
        """
        pairs = (*self._events, *self._server_events)
        named = {namespace for namespace, _ in pairs}
        return sorted({"/", *named, *self._connects, *self._disconnects, *self._listeners})

    def unguarded(self) -> list[str]:
        """Names the namespaces that have handlers but no connect hook, where others have one.

        Returns:
            They, sorted; empty when no hook exists at all, which is a choice.
        """
        if not self._connects:
            return []
        return [name for name in self.namespaces() if not self.connects(name)]

    def all_async(self) -> bool:
        """Tells whether every handler is ``async``, so that threads do not bound the work.

        Returns:
            Whether there are handlers and all are.
        """
        handlers = self.handlers()
        return bool(handlers) and all(handler.is_async for handler in handlers)

    def handlers(self) -> list[Handler]:
        """Lists all handlers and hooks.

        Returns:
            They, in no useful order.
        """
        tables = (self._connects, self._disconnects, self._listeners)
        return [
            *self._events.values(),
            *self._server_events.values(),
            *(handler for table in tables for several in table.values() for handler in several),
            *self._resets,
        ]

    def registered(self, function: Callable[..., Any]) -> bool:
        """Tells whether a function itself is a handler, so that wrapping it comes too late.

        Args:
            function: The function.

        Returns:
            Whether.
        """
        return any(handler.function is function for handler in self.handlers())

    def clear(self) -> None:
        """Forgets every handler; for tests."""
        self.__init__()  # type: ignore[misc]

    def _find(
        self, table: dict[tuple[str, str], Handler], namespace: str, event: str
    ) -> Handler | None:
        for name in self._names.candidates(namespace):
            if handler := table.get((name, event)):
                return handler
        return None

    def _all(self, table: dict[str, list[Handler]], namespace: str) -> list[Handler]:
        names = self._names.candidates(namespace)
        return [handler for name in names for handler in table.get(name, ())]


def _add(handlers: list[Handler], handler: Handler) -> None:
    """Adds a handler, or replaces the one of that name: its module was loaded again."""
    for index, known in enumerate(handlers):
        if known.name == handler.name:
            handlers[index] = handler
            return
    handlers.append(handler)
