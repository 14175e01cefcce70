"""What would be refused, found where it is said: emits that nobody waits for hear of nothing else.

Socket.IO's own limits are always known. The sidecar's are told in its greeting; before the first
one, what is over them is sent, refused there and logged here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from .errors import EncodeError

RESERVED: Final = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)
"""Names that Socket.IO keeps for itself: its clients would close on such an event."""

ATTACHMENTS: Final = 10
"""Binary values of an event or an ack: its clients close on more."""

_BINARY_HEADERS: Final = b"\xc4\xc5\xc6"


def check_event(event: str) -> None:
    """Looks at the name of an event for clients.

    Args:
        event: The name.

    Raises:
        ValueError: It is Socket.IO's own.
    """
    if event in RESERVED:
        raise ValueError(f"{event} is an event of Socket.IO's own, which no app can send")


@dataclasses.dataclass(frozen=True)
class Limits:
    """The sidecar's; None for one that it has not told.

    Attributes:
        payload: Bytes of an emit or an ack, as clients get it.
        rooms: Of one socket.
        name: Bytes of a room's or a user's name.
    """

    payload: int | None = None
    rooms: int | None = None
    name: int | None = None

    @classmethod
    def read(cls, greeting: dict[str, Any]) -> Limits:
        """Reads the link's form.

        Args:
            greeting: The result of a ``hello``.

        Returns:
            The value.
        """
        told = greeting.get("limits") or {}
        return cls(told.get("payload"), told.get("rooms"), told.get("name"))

    def let_through(self, packed: bytes) -> bool:
        """Takes a quick look at an event or an ack, which is enough for nearly all.

        Args:
            packed: Its arguments, packed, with whatever is around them.

        Returns:
            Whether there are too few bytes to be too many, and too few that could begin a binary
            value; if not, `check_args` knows.
        """
        if self.payload is not None and len(packed) > self.payload:
            return False
        return len(packed) - len(packed.translate(None, _BINARY_HEADERS)) <= ATTACHMENTS

    def check_args(self, args: Any) -> None:
        """Looks at the arguments of an event or an ack.

        Args:
            args: They, as the sidecar reads them.

        Raises:
            EncodeError: Too many binary values, or certainly too many bytes.
        """
        attachments, size = _tally(args)
        if attachments > ATTACHMENTS:
            raise EncodeError(
                f"{attachments} binary values: Socket.IO's clients take {ATTACHMENTS} in one "
                "event. Put them together, or send several events"
            )
        _check("arguments", size, self.payload, "max_emit_size")

    def check_rooms(self, rooms: Sequence[str]) -> None:
        """Looks at rooms that are to be joined.

        Args:
            rooms: Their names.

        Raises:
            EncodeError: Too many, or one too long.
        """
        if self.rooms is not None and len(rooms) > self.rooms:
            raise EncodeError(f"{len(rooms)} rooms: a socket can be in {self.rooms} (max_rooms)")
        for room in rooms:
            self.check_name("room", room)

    def check_name(self, what: str, name: str | None) -> None:
        """Looks at a name.

        Args:
            what: Of what, for the error.
            name: The name, or None for none.

        Raises:
            EncodeError: It is too long.
        """
        if name is not None:
            size = len(name.encode(errors="surrogatepass"))
            _check(f"{what} {name[:40]!r}", size, self.name, "max_name_length")


def _check(what: str, size: int, limit: int | None, option: str) -> None:
    if limit is not None and size > limit:
        raise EncodeError(f"{what}: {size} bytes, the sidecar takes {limit} ({option})")


def _tally(value: Any) -> tuple[int, int]:
    """Counts binary values, and the bytes of these and of texts: the least there will be."""
    attachments = size = 0
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, bytes):
            attachments += 1
            size += len(value)
        elif isinstance(value, str):
            size += len(value.encode(errors="surrogatepass"))
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return attachments, size
