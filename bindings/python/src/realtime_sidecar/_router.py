"""The table of handlers: which function takes which event of which namespace.

Registered when modules are imported, read by the worker. Registering is not thread-safe and
should be over before a process serves; reading is.

Of several namespaces that fit, the exact one comes first, then names with stars, the longest
first, then expressions in the order in which they were registered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from ._handler import Handler
from ._namespaces import Found, Namespace, Pattern, Table
from .errors import ConfigurationError

Function = TypeVar("Function", bound=Callable[..., Any])
Hooks = Table[list[Handler]]
Events = dict[str, Table[Handler]]


class Router:
    """All handlers of a process.

    They may come at any time, from any thread; best is while modules are imported, before the
    process serves.

    Args:
        changed: Called after each that comes.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._served: dict[str, Pattern] = {}
        self._events: Events = {}
        self._server_events: Events = {}
        self._connects: Hooks = Table()
        self._disconnects: Hooks = Table()
        self._listeners: Hooks = Table()
        self._resets: list[Handler] = []

    # Registering.

    def on(self, event: str, *, namespace: Namespace = "/") -> Callable[[Function], Function]:
        r"""Registers the handler of an event: ``handler(socket, *args)``.

        Its value is the client's ack: None acks without arguments, a value with that value,
        `Ack` with several, `Deferred` later.

        Args:
            event: The event's name.
            namespace: Its namespace; may be a pattern such as ``/room-*``, or an expression such
                as ``re.compile(r"/room-(?P<id>\d+)")``, whose captures are
                `Socket.namespace_match`.

        Returns:
            The decorator; it gives the function back unchanged.

        Raises:
            ConfigurationError: Another function has that event already, or the sidecar cannot
                read the expression.
        """
        return self._single(self._events, event, namespace)

    def on_server_event(
        self, event: str, *, namespace: Namespace = "/"
    ) -> Callable[[Function], Function]:
        """Registers the handler of an event of other app processes: ``handler(*args)``.

        What this process says itself by `server_emit` does not come back to it.

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
        self, function: None = None, /, *, namespace: Namespace = "/"
    ) -> Callable[[Function], Function]: ...
    def on_connect(self, function: Any = None, /, *, namespace: Namespace = "/") -> Any:
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
        self, function: None = None, /, *, namespace: Namespace = "/"
    ) -> Callable[[Function], Function]: ...
    def on_disconnect(self, function: Any = None, /, *, namespace: Namespace = "/") -> Any:
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
        self, function: None = None, /, *, namespace: Namespace = "/"
    ) -> Callable[[Function], Function]: ...
    def on_any(
        self, function: Callable[..., Any] | None = None, /, *, namespace: Namespace = "/"
    ) -> Any:
        """Registers a listener for every event: ``listener(socket, event, *args)``.

        It is called before the event's own handler; what it returns is not an ack, and an event
        that only listeners hear is not acked. What it raises ends the event.

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
        self, events: Events, event: str, namespace: Namespace
    ) -> Callable[[Function], Function]:
        if not isinstance(event, str) or not event:
            raise ConfigurationError(f"an event's name must be text, not {event!r}")
        pattern = Pattern(namespace)

        def register(function: Function) -> Function:
            handler = Handler.of(function)
            table = events.setdefault(event, Table())
            known = table.get(pattern)
            if known is not None and known.name != handler.name:
                raise ConfigurationError(
                    f"{event!r} of {pattern.key} is handled by {known.name} already; "
                    f"{handler.name} would replace it"
                )
            table.put(pattern, handler)
            self._served.setdefault(pattern.key, pattern)
            self._changed()
            return function

        return register

    def _several(
        self, hooks: Hooks, function: Callable[..., Any] | None, namespace: Namespace
    ) -> Any:
        pattern = Pattern(namespace)

        def register(function: Function) -> Function:
            handlers = hooks.get(pattern) or []
            _add(handlers, Handler.of(function))
            hooks.put(pattern, handlers)
            self._served.setdefault(pattern.key, pattern)
            self._changed()
            return function

        return register if function is None else register(function)

    # Reading.

    def event(self, namespace: str, event: str) -> Found | None:
        """Finds the handler of an event.

        Args:
            namespace: Where it came.
            event: Its name.

        Returns:
            The handler, or None.
        """
        return _first(self._events, namespace, event)

    def server_event(self, namespace: str, event: str) -> Found | None:
        """Finds the handler of a server event.

        Args:
            namespace: Where it came.
            event: Its name.

        Returns:
            The handler, or None.
        """
        return _first(self._server_events, namespace, event)

    def connects(self, namespace: str) -> list[Found]:
        """Finds the connect hooks of a namespace.

        Args:
            namespace: The namespace.

        Returns:
            They, in the order of namespaces and then of their registration.
        """
        return _all(self._connects, namespace)

    def disconnects(self, namespace: str) -> list[Found]:
        """Finds the disconnect hooks of a namespace.

        Args:
            namespace: The namespace.

        Returns:
            They, in the same order.
        """
        return _all(self._disconnects, namespace)

    def listeners(self, namespace: str) -> list[Found]:
        """Finds the listeners for every event of a namespace.

        Args:
            namespace: The namespace.

        Returns:
            They, in the same order.
        """
        return _all(self._listeners, namespace)

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
            Names, with stars too, sorted.
        """
        names = {each.key for each in tuple(self._served.values()) if each.expression is None}
        return sorted({"/", *names})

    def expressions(self) -> list[str]:
        """Names the expressions for further namespaces.

        Returns:
            They, in the order of their registration.
        """
        served = tuple(self._served.values())
        return [each.expression for each in served if each.expression is not None]

    def served(self) -> list[str]:
        """Names namespaces and expressions, for people.

        Returns:
            They; expressions begin with ``~``.
        """
        return [*self.namespaces(), *(f"~{each}" for each in self.expressions())]

    def open(self) -> list[str]:
        """Names the namespaces whose handlers no connect hook guards.

        Returns:
            They, sorted; expressions begin with ``~``, and count as guarded by a pattern that
            looks as if it were meant for them.
        """
        # An expression's own text stands for the names that it means.
        texts = {name: name for name in self.namespaces()}
        texts.update({f"~{each}": each for each in self.expressions()})
        own = {key for key, pattern in self._served.items() if self._connects.get(pattern)}
        return sorted(k for k, text in texts.items() if k not in own and not self.connects(text))

    def unguarded(self) -> list[str]:
        """Does what `open` does, where there are connect hooks at all.

        Returns:
            They, sorted; empty when no hook exists at all, which is a choice.
        """
        return self.open() if self._connects else []

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
        # Tuples are made at once, while others may register.
        events = (*tuple(self._events.values()), *tuple(self._server_events.values()))
        hooks = (self._connects, self._disconnects, self._listeners)
        return [
            *(handler for table in events for handler in table.values()),
            *(handler for table in hooks for several in table.values() for handler in several),
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
        self.__init__(self._changed)  # type: ignore[misc]


def _first(events: Events, namespace: str, event: str) -> Found | None:
    table = events.get(event)
    found = [] if table is None else table.find(namespace)
    return Found(*found[0]) if found else None


def _all(hooks: Hooks, namespace: str) -> list[Found]:
    found = hooks.find(namespace)
    return [Found(handler, match) for handlers, match in found for handler in handlers]


def _add(handlers: list[Handler], handler: Handler) -> None:
    """Adds a handler, or replaces the one of that name: its module was loaded again."""
    for index, known in enumerate(handlers):
        if known.name == handler.name:
            handlers[index] = handler
            return
    handlers.append(handler)
