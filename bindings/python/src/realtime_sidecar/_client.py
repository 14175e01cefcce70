"""Everything an app can say; the module `realtime_sidecar` offers one client's methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ._answers import CallResult
from ._batch import Batch
from ._members import Members
from ._process import Process
from ._select import (
    Addressees,
    Select,
    SelectKeywords,
    User,
    addressees,
    namespace_name,
    select_from,
    user_name,
)
from ._tokens import connect_claims, encode_token, room_claims
from .errors import Rejection

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Client(Members):
    """All that can be asked of one sidecar, with keywords for who is meant.

    As a selection it is everyone in ``/``, so chains start here too:
    ``client.to("a").volatile.emit("b")``. See `SelectKeywords` for ``to``, ``users``,
    ``except_``, ``except_users`` and ``namespace``.

    Args:
        **settings: Fields of `Config`.
    """

    __slots__ = ("process",)

    def __init__(self, **settings: Any) -> None:
        self.process = Process(**settings)
        super().__init__(self.process.emitter, Select())

    def emit(
        self,
        event: str,
        *args: Any,
        volatile: bool = False,
        local: bool = False,
        compress: bool = True,
        confirm: bool = False,
        timeout: float | None = None,
        **select: Unpack[SelectKeywords],
    ) -> str | None:
        """Emits an event: to everyone in the namespace unless the keywords say less.

        Without ``confirm`` it neither waits nor raises for a sidecar that is away: the emit is
        kept, bounded by `Config.buffer_bytes`.

        Args:
            event: The event's name.
            *args: Its arguments; ``bytes`` become attachments.
            volatile: It may be dropped for clients that are not ready, and is dropped first when
                there is no room.
            local: Only to clients of this node.
            compress: False: it is not worth compressing, where the sidecar compresses.
            confirm: Wait until the sidecar has accepted it.
            timeout: Seconds to wait then; `Config.emit_timeout` unless given.

        Returns:
            The emit's id when confirmed, else None.

        Raises:
            TypeError: An unknown keyword, or a room that is not text.
            ValueError: The event is Socket.IO's own.
            EncodeError: An argument has no form on the wire, or they are more than clients take:
                ten binary values, and the sidecar's ``max_emit_size``.
            NotConnectedError: Confirmed only: there was no sidecar in time.
            AnswerTimeoutError: Confirmed only: it did not answer in time.
            RequestError: Confirmed only: it refused.
        """
        chosen = select_from(select, volatile, local, compress)
        return self._emitter.emit(chosen, event, args, confirm, timeout)

    async def aemit(
        self,
        event: str,
        *args: Any,
        volatile: bool = False,
        local: bool = False,
        compress: bool = True,
        confirm: bool = False,
        timeout: float | None = None,
        **select: Unpack[SelectKeywords],
    ) -> str | None:
        """Does what `emit` does, awaiting instead of blocking.

        Args:
            event: The event's name.
            *args: Its arguments.
            volatile: It may be dropped.
            local: Only to clients of this node.
            compress: False: it is not worth compressing.
            confirm: Wait until the sidecar has accepted it.
            timeout: Seconds to wait then.

        Returns:
            The emit's id when confirmed, else None.
        """
        chosen = select_from(select, volatile, local, compress)
        return await self._emitter.aemit(chosen, event, args, confirm, timeout)

    def send(
        self,
        *args: Any,
        volatile: bool = False,
        local: bool = False,
        compress: bool = True,
        **select: Unpack[SelectKeywords],
    ) -> None:
        """Emits ``message``, Socket.IO's default event: ``send("hello", to="lobby")``.

        Args:
            *args: Its arguments.
            volatile: It may be dropped.
            local: Only to clients of this node.
            compress: False: it is not worth compressing.
        """
        chosen = select_from(select, volatile, local, compress)
        self._emitter.emit(chosen, "message", args, False, None)

    def call(
        self,
        event: str,
        *args: Any,
        timeout: float = 5.0,
        local: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> CallResult:
        """Emits an event and waits for the clients' acks.

        Args:
            event: The event's name.
            *args: Its arguments.
            timeout: Seconds the clients get. The call returns at most one second later.
            local: Only clients of this node.

        Returns:
            The acks that came; look at ``timed_out`` to know whether any are missing.

        Raises:
            LinkError: No sidecar, or no answer from it.
            RequestError: Refused.
        """
        return self._emitter.call(select_from(select, False, local), event, args, timeout)

    async def acall(
        self,
        event: str,
        *args: Any,
        timeout: float = 5.0,
        local: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> CallResult:
        """Does what `call` does, awaiting instead of blocking.

        Args:
            event: The event's name.
            *args: Its arguments.
            timeout: Seconds the clients get.
            local: Only clients of this node.

        Returns:
            The acks that came.
        """
        chosen = select_from(select, False, local)
        return await self._emitter.acall(chosen, event, args, timeout)

    emit_with_ack = call
    aemit_with_ack = acall

    def server_emit(
        self, event: str, *args: Any, namespace: str = "/", confirm: bool = False
    ) -> None:
        """Emits to the app itself: every other serving process of every node (`on_server_event`).

        At most once each, not to this process, which knows it, and without an answer.

        Args:
            event: The event's name.
            *args: Its arguments.
            namespace: The namespace.
            confirm: Wait until the sidecar has accepted it.
        """
        self._emitter.server_emit(namespace_name(namespace), event, args, confirm)

    async def aserver_emit(
        self, event: str, *args: Any, namespace: str = "/", confirm: bool = False
    ) -> None:
        """Does what `server_emit` does, awaiting instead of blocking.

        Args:
            event: The event's name.
            *args: Its arguments.
            namespace: The namespace.
            confirm: Wait until the sidecar has accepted it.
        """
        await self._emitter.aserver_emit(namespace_name(namespace), event, args, confirm)

    def stats(self) -> dict[str, Any]:
        """Asks for the sidecar's counters.

        Returns:
            Its answer.
        """
        return self._emitter.stats()

    async def astats(self) -> dict[str, Any]:
        """Does what `stats` does, awaiting instead of blocking.

        Returns:
            The sidecar's answer.
        """
        return await self._emitter.astats()

    def token(
        self,
        user: User | None = None,
        *,
        rooms: Addressees = None,
        namespace: str = "/",
        expires_in: float = 600,
        login: str | None = None,
        data: Any = None,
    ) -> str:
        """Makes a token with which a client connects: its ``auth.token``. Asks nobody.

        The sidecar verifies it; where it is set to ``connect: token`` nobody else is asked. The
        client's transport is closed when it expires, and comes back with a newer one.

        Args:
            user: Who the client will be.
            rooms: Rooms it will be in.
            namespace: The only namespace it opens.
            expires_in: Seconds it counts.
            login: The login it belongs to, to be ended with ``disconnect(logins=...)``.
            data: What ``socket.data`` will be; of JSON's types. Anybody who has the token can
                read it.

        Returns:
            The token.

        Raises:
            ConfigurationError: There is no `Config.secret`.
            EncodeError: It would be longer than 8 KiB, or `data` has no JSON form.
        """
        name = None if user is None else user_name("user", user)
        names = addressees("rooms", rooms)
        claims = connect_claims(name, names, namespace_name(namespace), login, data)
        config = self.process.config
        return encode_token(claims, config.keys, expires_in, config.encoder)

    def room_token(
        self, *rooms: Addressees, namespace: str = "/", expires_in: float = 86_400
    ) -> str:
        """Makes a token that puts whoever connects with it into rooms: in ``auth.room_tokens``.

        Args:
            *rooms: The rooms.
            namespace: Theirs.
            expires_in: Seconds in which a client may connect with it; who is in stays in.

        Returns:
            The token.

        Raises:
            ConfigurationError: There is no `Config.secret`.
            EncodeError: It would be longer than 8 KiB.
        """
        names = [name for room in rooms for name in addressees("rooms", room)]
        claims = room_claims(names, namespace_name(namespace))
        return encode_token(claims, self.process.config.keys, expires_in)

    def batch(self, *, confirm: bool = False, timeout: float | None = None) -> Batch:
        """Collects the emits of a block and sends them as one: taken or refused as a whole.

        Args:
            confirm: Wait at the end until the sidecar has accepted them.
            timeout: Seconds to wait then.

        Returns:
            A context manager, for ``with`` and ``async with``.
        """
        return self._emitter.batch(confirm, timeout)

    @staticmethod
    def reject(message: str, data: Any = None) -> NoReturn:
        """Refuses a client, in a connect hook.

        Args:
            message: The text of the client's ``connect_error``.
            data: Its ``data``.

        Raises:
            Rejection: Always; that is how it works.
        """
        raise Rejection(message, data)
