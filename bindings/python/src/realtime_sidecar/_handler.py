"""A registered function, and what is to be known of it to call it."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

from .errors import ConfigurationError

_UNLIMITED: Final = 1 << 16


@dataclasses.dataclass(frozen=True)
class Handler:
    """One registered function.

    Attributes:
        function: It.
        is_async: Whether it is declared with ``async def``.
        accepts: How many positional arguments it takes, so that hooks may leave out the last.
    """

    function: Callable[..., Any]
    is_async: bool
    accepts: int

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Handler:
        """Looks at a function.

        Args:
            function: Any callable.

        Returns:
            The handler.

        Raises:
            ConfigurationError: It cannot be called.
        """
        if not callable(function):
            raise ConfigurationError(f"a handler must be a function, not {function!r}")
        return cls(function, _is_async(function), _accepts(function))

    @property
    def name(self) -> str:
        """The function's full name, which tells a reload from a second registration."""
        function = self.function
        while isinstance(function, functools.partial):
            function = function.func
        module = getattr(function, "__module__", "?")
        return f"{module}.{getattr(function, '__qualname__', repr(function))}"


Step = tuple[Handler, Sequence[Any]]
"""A handler with its arguments; it gets as many as it takes."""


def _is_async(function: Callable[..., Any]) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004 - its kind is asked, not whether
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _accepts(function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return _UNLIMITED
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return _UNLIMITED
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
