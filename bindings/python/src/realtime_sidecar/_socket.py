"""A client in a namespace, as a handler sees it."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any, Final

from ._answers import Handshake, SocketInfo
from ._select import ABSENT, Absent, Addressees, Select, user_name
from ._selection import Selection
from .errors import AnswerTimeoutError, RealtimeError, RequestError

if TYPE_CHECKING:
    from ._emitter import Emitter

LOGIN_LIMIT: Final = 256  # bytes; the sidecar refuses a longer one


class Grant:
    """What a connect hook has decided so far; becomes the answer to the sidecar's question."""

    __slots__ = ("data", "expires", "login", "rooms", "user")

    def __init__(self) -> None:
        self.login: str | Absent | None = ABSENT
        self.expires: int | Absent | None = ABSENT
        self.rooms: list[str] | None = None
        self.user: str | Absent | None = ABSENT
        self.data: Any = ABSENT

    def answer(self) -> dict[str, Any]:
        """Gives the result: only what the hook has touched, since absent keys keep what was.

        Returns:
            The link's map.
        """
        values = {
            "rooms": self.rooms or ABSENT,
            "user": self.user,
            "data": self.data,
            "login": self.login,
            "expires": self.expires,
        }
        return {key: value for key, value in values.items() if value is not ABSENT}


class Socket:
    r"""One client in one namespace, for the time of one handler call.

    ``to``, ``in_``, ``except_`` and ``broadcast`` leave the client itself out, as in Socket.IO;
    to reach it too, use ``realtime.to(...)``.

    Attributes:
        id: Its public id; also addresses it like a room.
        namespace: Its namespace.
        handshake: The request it came with; told to connect hooks only, elsewhere None. Keep
            what later handlers need in `data`.
        claims: What its signed token says, when it came with a valid one; connect hooks only,
            elsewhere None.
        recovered: Whether the client came back with its state; connect hooks only.
        event_id: Unique and stable over redeliveries, to make work idempotent; "" in connect
            hooks.
        attempt: 1, or more when the event is redelivered.
        namespace_match: What the pattern of the handler's namespace has captured:
            ``namespace_match["id"]`` of ``re.compile(r"/room-(?P<id>\d+)")``,
            ``namespace_match[1]`` of ``"/room-*"``; None where the namespace is named exactly.
    """

    def __init__(
        self,
        emitter: Emitter,
        params: dict[str, Any],
        *,
        handshake: Handshake | None = None,
        grant: Grant | None = None,
    ) -> None:
        self.id: str = params["socket"]
        self.namespace: str = params.get("namespace", "/")
        self.handshake = handshake
        self.claims: dict[str, Any] | None = params.get("claims")
        self.recovered = bool(params.get("recovered"))
        self.event_id: str = params.get("id") or ""
        self.attempt: int = params.get("attempt") or 1
        self.namespace_match: re.Match[str] | None = None
        self._emitter = emitter
        self._grant = grant
        self._user: str | None = params.get("user")
        self._data: Any = params.get("data")
        self._login: str | None = params.get("login")
        self._rooms: list[str] | None = params.get("rooms")
        client: dict[str, Any] = params.get("handshake") or params
        self._dialect: str | None = client.get("dialect")
        self._transport: str | None = client.get("transport")
        self._info: SocketInfo | None = None

    def __repr__(self) -> str:
        return f"<Socket {self.id} {self.namespace}>"

    # What it is.

    @property
    def user(self) -> str | None:
        """Its user, as the connect hook named it. Assigning names another."""
        return self._user

    @user.setter
    def user(self, user: object) -> None:
        self._name_user(user)

    def _name_user(self, user: object) -> None:
        name = None if user is None else user_name("user", user)
        self._emitter.limits.check_name("user", name)
        self._user = name
        if self._grant is not None:
            self._grant.user = name
        else:
            self._emitter.set(self.id, ABSENT, name, False)

    @property
    def data(self) -> Any:
        """What the app keeps with the client. Assigning replaces it; changes inside do not count.

        In a connect hook, assign before changing: what was assigned is what is sent at the end.
        """
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._data = data
        if self._grant is not None:
            self._grant.data = data
        else:
            self._emitter.set(self.id, data, ABSENT, False)

    @property
    def auth(self) -> Any:
        """What the client gave as ``auth``; connect hooks only, elsewhere None."""
        return self.handshake.auth if self.handshake else None

    @property
    def connecting(self) -> bool:
        """Whether it is not in yet: true in connect hooks only."""
        return self._grant is not None

    @property
    def login(self) -> str | None:
        """Which login it came with: the key of a web session, say. A secret of the app.

        A connect hook may name it, in at most 256 bytes, so that
        ``disconnect(logins=[...], close=True)`` ends all sockets of that login later.
        """
        return self._login

    @login.setter
    def login(self, login: str | None) -> None:
        if self._grant is None:
            raise RealtimeError("a login is named in a connect hook, and stays")
        if login is not None and (not isinstance(login, str) or len(login.encode()) > LOGIN_LIMIT):
            raise ValueError(f"a login must be text of at most {LOGIN_LIMIT} bytes")
        self._login = self._grant.login = login

    def expire_at(self, time: float | datetime.datetime | None) -> None:
        """Ends the client's transport at a time, so that it comes back and is asked again.

        Connect hooks only.

        Args:
            time: Seconds since 1970, or an aware datetime; None for never.
        """
        if self._grant is None:
            raise RealtimeError("when a socket expires is said in a connect hook")
        if isinstance(time, datetime.datetime):
            if time.tzinfo is None:
                raise ValueError("a time without a time zone may mean any")
            time = time.timestamp()
        self._grant.expires = None if time is None else round(time * 1000)

    @property
    def rooms(self) -> list[str]:
        """The rooms it is in; in connect hooks those it will be in. Else asks the sidecar once."""
        if self._grant is not None:
            return list(self._grant.rooms or ())
        return list(self._rooms if self._rooms is not None else self.info().rooms)

    @property
    def transport(self) -> str:
        """What carried the client when the sidecar said this.

        ``websocket``, ``polling``, ``jsonp``, ``htmlfile``, ``flashsocket`` or ``eventsource``.
        """
        return self.info().transport if self._transport is None else self._transport

    @property
    def dialect(self) -> str:
        """The client's generation.

        ``V09`` (Socket.IO 0.7 to 0.9), ``EIO3`` (1.x, 2.x), ``EIO4`` (3.x, 4.x) or ``Plain`` (a
        bare WebSocket or EventSource).
        """
        return self.info().dialect if self._dialect is None else self._dialect

    def info(self) -> SocketInfo:
        """Asks the sidecar about the socket, once.

        Returns:
            What it knows.

        Raises:
            RequestError: ``gone``.
            LinkError: No sidecar, or no answer.
        """
        if self._info is None:
            self._info = self._only(self._emitter.sockets(self._itself(), 1, None).sockets)
        return self._info

    async def ainfo(self) -> SocketInfo:
        """Does what `info` does, awaiting; `rooms` and others then answer without waiting.

        Returns:
            What the sidecar knows.
        """
        if self._info is None:
            page = await self._emitter.asockets(self._itself(), 1, None)
            self._info = self._only(page.sockets)
        return self._info

    def _only(self, sockets: list[SocketInfo]) -> SocketInfo:
        if not sockets:
            raise RequestError("gone", f"the socket {self.id} has left")
        return sockets[0]

    # To it.

    def emit(self, event: str, *args: Any, confirm: bool = False) -> str | None:
        """Emits to this client. From a connect hook: sent right after it is let in.

        Args:
            event: The event's name.
            *args: Its arguments.
            confirm: Wait until the sidecar has accepted it.

        Returns:
            The emit's id when confirmed.
        """
        return self._emitter.emit(self._itself(), event, args, confirm, None)

    async def aemit(self, event: str, *args: Any, confirm: bool = False) -> str | None:
        """Does what `emit` does, awaiting instead of blocking.

        Args:
            event: The event's name.
            *args: Its arguments.
            confirm: Wait until the sidecar has accepted it.

        Returns:
            The emit's id when confirmed.
        """
        return await self._emitter.aemit(self._itself(), event, args, confirm, None)

    def send(self, *args: Any) -> None:
        """Emits ``message`` to this client.

        Args:
            *args: Its arguments.
        """
        self._emitter.emit(self._itself(), "message", args, False, None)

    def call(self, event: str, *args: Any, timeout: float = 5.0) -> Any:
        """Emits to this client and waits for its ack.

        Args:
            event: The event's name.
            *args: Its arguments.
            timeout: Seconds the client gets.

        Returns:
            The ack's argument, a list when it has several, or None.

        Raises:
            AnswerTimeoutError: The client did not answer in time.
            RequestError: ``gone``: it left.
        """
        return self._answer(
            self._emitter.call(self._itself(), event, args, timeout), event, timeout
        )

    async def acall(self, event: str, *args: Any, timeout: float = 5.0) -> Any:
        """Does what `call` does, awaiting instead of blocking.

        Args:
            event: The event's name.
            *args: Its arguments.
            timeout: Seconds the client gets.

        Returns:
            The ack's argument, a list when it has several, or None.
        """
        result = await self._emitter.acall(self._itself(), event, args, timeout)
        return self._answer(result, event, timeout)

    emit_with_ack = call
    aemit_with_ack = acall

    def _answer(self, result: Any, event: str, timeout: float) -> Any:
        if result.acks:
            return result.value
        if result.timed_out:
            raise AnswerTimeoutError(f"{event} of socket {self.id}", timeout)
        raise RequestError("gone", f"the socket {self.id} has left")

    # From it.

    def to(self, *rooms: Addressees) -> Selection:
        """Selects rooms, without this client.

        Args:
            *rooms: Rooms and socket ids.

        Returns:
            The selection.
        """
        return self.broadcast.to(*rooms)

    in_ = to

    def except_(self, *rooms: Addressees) -> Selection:
        """Selects everyone in the namespace but rooms and this client.

        Args:
            *rooms: Rooms and socket ids.

        Returns:
            The selection.
        """
        return self.broadcast.except_(*rooms)

    @property
    def broadcast(self) -> Selection:
        """Everyone in the namespace, without this client."""
        return Selection(self._emitter, Select(namespace=self.namespace, except_=(self.id,)))

    @property
    def volatile(self) -> Selection:
        """This client, for emits that may be dropped when it is not ready."""
        return Selection(self._emitter, self._itself()).volatile

    # About it.

    def join(self, *rooms: str) -> None:
        """Joins rooms; from a connect hook, before the client hears that it is in.

        Args:
            *rooms: The rooms.
        """
        for room in rooms:
            if not isinstance(room, str):
                raise TypeError(f"a room must be text, not {room!r}")
        if self._grant is not None:
            joined = list(dict.fromkeys((*(self._grant.rooms or ()), *rooms)))
            self._emitter.limits.check_rooms(joined)
            self._grant.rooms = joined
            return
        self._rooms = self._info = None
        self._emitter.membership("join", self._itself(), rooms, False, False)

    def leave(self, *rooms: str) -> None:
        """Leaves rooms.

        Args:
            *rooms: The rooms.
        """
        if self._grant is not None:
            self._grant.rooms = [room for room in self._grant.rooms or () if room not in rooms]
            return
        self._rooms = self._info = None
        self._emitter.membership("leave", self._itself(), rooms, False, False)

    def disconnect(self, *, close: bool = False) -> None:
        """Disconnects it from the namespace.

        Args:
            close: End the whole session, all its namespaces included.

        Raises:
            RealtimeError: In a connect hook, where `reject` is the word.
        """
        if self._grant is not None:
            raise RealtimeError("the client is not in yet: refuse it with realtime.reject(...)")
        self._emitter.disconnect(self._itself(), close, False, False)

    def _itself(self) -> Select:
        return Select(namespace=self.namespace, to=(self.id,))
