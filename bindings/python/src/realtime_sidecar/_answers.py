"""What the sidecar answers, as values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any


@dataclasses.dataclass(frozen=True)
class ClientAck:
    """One client's ack.

    Attributes:
        socket: The socket's id.
        args: What it acked with.
    """

    socket: str
    args: list[Any]

    @property
    def value(self) -> Any:
        """Its argument, the list of them when there are several, or None."""
        if len(self.args) > 1:
            return self.args
        return self.args[0] if self.args else None


@dataclasses.dataclass(frozen=True)
class CallResult:
    """The acks of a call.

    Attributes:
        acks: Those that came.
        expected: How many sockets were asked.
        gone: Ids of those that left before they answered.
        timed_out: Whether some that are still there did not answer in time.
        truncated: Whether the answer was too large, and acks were left out.
    """

    acks: list[ClientAck]
    expected: int
    gone: list[str]
    timed_out: bool
    truncated: bool = False

    @property
    def values(self) -> list[Any]:
        """Each ack as one value: its argument, or the list when there are several."""
        return [ack.value for ack in self.acks]

    @property
    def value(self) -> Any:
        """The value of the first ack, or None: for a call to one socket."""
        return self.acks[0].value if self.acks else None

    def __iter__(self) -> Iterator[ClientAck]:
        return iter(self.acks)

    def __len__(self) -> int:
        return len(self.acks)

    @classmethod
    def read(cls, result: dict[str, Any]) -> CallResult:
        """Reads the link's form.

        Args:
            result: Of a ``call``.

        Returns:
            The value.
        """
        return cls(
            acks=[ClientAck(socket, args) for socket, args in result.get("acks", ())],
            expected=result.get("expected", 0),
            gone=result.get("gone") or [],
            timed_out=bool(result.get("timed_out")),
            truncated=bool(result.get("truncated")),
        )


@dataclasses.dataclass(frozen=True)
class SocketInfo:
    """A socket as the sidecar describes it.

    Attributes:
        id: Its id.
        namespace: Its namespace.
        rooms: The rooms it is in.
        user: Its user, as the connect hook named it, or None.
        data: Its data, as the connect hook gave it, or None.
        address: The client's address.
        secure: Whether the client's side is encrypted.
        transport: ``websocket``, ``polling``, ``jsonp``, …
        dialect: ``EIO4``, ``EIO3``, ``V09`` or ``Plain``; see `Socket.dialect`.
        connected_at: Milliseconds since 1970.
    """

    id: str
    namespace: str
    rooms: list[str]
    user: str | None
    data: Any
    address: str
    secure: bool
    transport: str
    dialect: str
    connected_at: int

    @classmethod
    def read(cls, info: dict[str, Any]) -> SocketInfo:
        """Reads the link's form.

        Args:
            info: One of the ``sockets``.

        Returns:
            The value.
        """
        return cls(
            id=info["id"],
            namespace=info.get("namespace", "/"),
            rooms=info.get("rooms") or [],
            user=info.get("user"),
            data=info.get("data"),
            address=info.get("address", ""),
            secure=bool(info.get("secure")),
            transport=info.get("transport", ""),
            dialect=info.get("dialect", ""),
            connected_at=info.get("connected_at", 0),
        )


@dataclasses.dataclass(frozen=True)
class SocketPage:
    """A page of sockets.

    Attributes:
        sockets: The sockets.
        next: Give it as ``after`` for the next page; None on the last one.
        unanswered: Nodes that did not answer in time, so that the list is not whole.
        truncated: Whether the answer was too large, and sockets were left out.
    """

    sockets: list[SocketInfo]
    next: str | None
    unanswered: list[str]
    truncated: bool = False

    def __iter__(self) -> Iterator[SocketInfo]:
        return iter(self.sockets)

    def __len__(self) -> int:
        return len(self.sockets)

    @classmethod
    def read(cls, result: dict[str, Any]) -> SocketPage:
        """Reads the link's form.

        Args:
            result: Of ``sockets``.

        Returns:
            The value.
        """
        return cls(
            sockets=[SocketInfo.read(info) for info in result.get("sockets") or ()],
            next=result.get("next") or None,
            unanswered=result.get("unanswered") or [],
            truncated=bool(result.get("truncated")),
        )


@dataclasses.dataclass(frozen=True)
class Handshake:
    """The request a client came with; told to connect hooks.

    Attributes:
        headers: Lower-case names; duplicates joined as Node does.
        query: The query's keys.
        auth: What the client gave as ``auth``, or None.
        address: The client's address.
        url: The request's target.
        secure: Whether the client's side is encrypted.
        time: Milliseconds since 1970.
        dialect: ``EIO4``, ``EIO3``, ``V09`` or ``Plain``.
        transport: The transport it came by.
    """

    headers: dict[str, str]
    query: dict[str, str]
    auth: Any
    address: str
    url: str
    secure: bool
    time: int
    dialect: str
    transport: str

    @classmethod
    def read(cls, handshake: dict[str, Any], auth: Any) -> Handshake:
        """Reads the link's form.

        Args:
            handshake: Of a ``connect``.
            auth: The same.

        Returns:
            The value.
        """
        return cls(
            headers=handshake.get("headers") or {},
            query=handshake.get("query") or {},
            auth=auth,
            address=handshake.get("address", ""),
            url=handshake.get("url", ""),
            secure=bool(handshake.get("secure")),
            time=handshake.get("time", 0),
            dialect=handshake.get("dialect", ""),
            transport=handshake.get("transport", ""),
        )
