r"""Which namespaces a handler is for. Pure.

====================================  =======================================================
``"/chat"``                           that one
``"/room-*"``                         all that fit; a star stands for any characters, also none
``re.compile(r"/room-(?P<id>\d+)")``  all whose whole name it fits; see `_portable_regexp`
====================================  =======================================================
"""

from __future__ import annotations

import re
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from ._handler import Handler
from ._portable_regexp import translate
from ._select import namespace_name
from .errors import ConfigurationError

Namespace: TypeAlias = "str | re.Pattern[str]"
"""A name, perhaps with stars, or an expression for whole names."""

Value = TypeVar("Value")


class Pattern:
    """One of the above.

    Args:
        namespace: As the app has it.

    Attributes:
        key: The same for what means the same; an expression's begins with ``~``, as no name does.
        expression: For the greeting's ``expressions``; None when the key is for its ``namespaces``.
    """

    __slots__ = ("_whole", "expression", "key")

    def __init__(self, namespace: Namespace) -> None:
        self.expression: str | None = None
        self._whole: re.Pattern[str] | None = None
        if isinstance(namespace, re.Pattern):
            self.expression = translate(namespace)
            self.key = f"~{self.expression}"
            # Again, since the sidecar's digits and letters are ASCII's.
            self._whole = re.compile(namespace.pattern, re.ASCII)
        elif isinstance(namespace, str):
            self.key = namespace_name(namespace)
            if "*" in self.key:
                stars = "(.*)".join(map(re.escape, self.key.split("*")))
                self._whole = re.compile(stars, re.DOTALL)
        else:
            raise ConfigurationError(
                f"a namespace must be text or a compiled expression, not {namespace!r}"
            )

    @property
    def exact(self) -> bool:
        """Whether it is the name of one namespace."""
        return self._whole is None

    def match(self, namespace: str) -> re.Match[str] | None:
        """Matches a namespace's whole name.

        Args:
            namespace: The name.

        Returns:
            What is captured, of a name with stars the stars; None if it does not fit, or is exact.
        """
        return None if self._whole is None else self._whole.fullmatch(namespace)

    @property
    def rank(self) -> int:
        """The lowest is asked first: of names with stars the longest, then expressions."""
        return 1 if self.expression is not None else -len(self.key)


class Found(NamedTuple):
    """A handler, and what its namespace's pattern has captured."""

    handler: Handler
    match: re.Match[str] | None


class Table(Generic[Value]):
    """Values by namespace. Filled while modules are imported, read afterwards."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._patterns: list[Pattern] = []  # that are not exact, in the order they are asked

    def get(self, pattern: Pattern) -> Value | None:
        """Gives what stands at exactly this pattern.

        Args:
            pattern: The pattern.

        Returns:
            The value, or None.
        """
        return self._values.get(pattern.key)

    def put(self, pattern: Pattern, value: Value) -> None:
        """Puts a value; of several that fit a name, exact names come first.

        Args:
            pattern: Where.
            value: The value; replaces one that is there.
        """
        if not pattern.exact and pattern.key not in self._values:
            # Stable: expressions stay in the order in which they came.
            self._patterns = sorted([*self._patterns, pattern], key=lambda each: each.rank)
        self._values[pattern.key] = value

    def find(self, namespace: str) -> list[tuple[Value, re.Match[str] | None]]:
        """Finds what is for a namespace.

        Args:
            namespace: Its name.

        Returns:
            The values, the most particular first, each with what its pattern has captured.
        """
        found: list[tuple[Value, re.Match[str] | None]] = []
        if namespace in self._values:
            found.append((self._values[namespace], None))
        for pattern in self._patterns:
            if match := pattern.match(namespace):
                found.append((self._values[pattern.key], match))
        return found

    def __bool__(self) -> bool:
        return bool(self._values)

    def values(self) -> list[Value]:
        """Lists the values.

        Returns:
            They, in no useful order.
        """
        return list(self._values.values())
