"""Who is connected, with keywords for who is meant: moved, disconnected, listed and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._answers import SocketPage
from ._select import ABSENT, HasId, SelectKeywords, select_from
from ._selection import Selection

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Members(Selection):
    """The sockets' part of `Client`: what a selection does, for whom the keywords say."""

    __slots__ = ()

    def join(
        self,
        *rooms: str,
        all_: bool = False,
        confirm: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> int | None:
        """Makes sockets join rooms: ``join("vip", users=7)``.

        Args:
            *rooms: The rooms.
            all_: Everyone in the namespace; needed when neither ``to`` nor ``users`` is given.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return self._emitter.membership("join", select_from(select), rooms, all_, confirm)

    async def ajoin(
        self,
        *rooms: str,
        all_: bool = False,
        confirm: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> int | None:
        """Does what `join` does, awaiting instead of blocking.

        Args:
            *rooms: The rooms.
            all_: Everyone in the namespace.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        chosen = select_from(select)
        return await self._emitter.amembership("join", chosen, rooms, all_, confirm)

    def leave(
        self,
        *rooms: str,
        all_: bool = False,
        confirm: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> int | None:
        """Makes sockets leave rooms.

        Args:
            *rooms: The rooms.
            all_: Everyone in the namespace; needed when neither ``to`` nor ``users`` is given.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return self._emitter.membership("leave", select_from(select), rooms, all_, confirm)

    async def aleave(
        self,
        *rooms: str,
        all_: bool = False,
        confirm: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> int | None:
        """Does what `leave` does, awaiting instead of blocking.

        Args:
            *rooms: The rooms.
            all_: Everyone in the namespace.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        chosen = select_from(select)
        return await self._emitter.amembership("leave", chosen, rooms, all_, confirm)

    def disconnect(
        self,
        *,
        close: bool = False,
        reconnect: bool | None = None,
        all_: bool = False,
        confirm: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> int | None:
        """Disconnects sockets from the namespace.

        Args:
            close: End their whole sessions, all namespaces included. With ``logins`` the
                sockets of every namespace are meant.
            reconnect: With ``close``: whether stock clients come back by themselves, to be asked
                anew. Unless given they do when only ``logins`` are meant.
            all_: Everyone in the namespace; needed when neither ``to`` nor ``users`` is given.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return self._emitter.disconnect(select_from(select), close, all_, confirm, reconnect)

    async def adisconnect(
        self,
        *,
        close: bool = False,
        reconnect: bool | None = None,
        all_: bool = False,
        confirm: bool = False,
        **select: Unpack[SelectKeywords],
    ) -> int | None:
        """Does what `disconnect` does, awaiting instead of blocking.

        Args:
            close: End their whole sessions.
            reconnect: Whether stock clients come back by themselves.
            all_: Everyone in the namespace.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return await self._emitter.adisconnect(select_from(select), close, all_, confirm, reconnect)

    def sockets(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        **select: Unpack[SelectKeywords],
    ) -> SocketPage:
        """Lists sockets, a page at a time.

        Args:
            limit: Most sockets of the page; the sidecar's own limit unless given.
            after: ``next`` of the page before.

        Returns:
            The page.
        """
        return self._emitter.sockets(select_from(select), limit, after)

    async def asockets(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        **select: Unpack[SelectKeywords],
    ) -> SocketPage:
        """Does what `sockets` does, awaiting instead of blocking.

        Args:
            limit: Most sockets of the page.
            after: ``next`` of the page before.

        Returns:
            The page.
        """
        return await self._emitter.asockets(select_from(select), limit, after)

    def count(self, **select: Unpack[SelectKeywords]) -> int:
        """Counts sockets.

        Returns:
            How many.
        """
        return self._emitter.count(select_from(select))

    async def acount(self, **select: Unpack[SelectKeywords]) -> int:
        """Does what `count` does, awaiting instead of blocking.

        Returns:
            How many.
        """
        return await self._emitter.acount(select_from(select))

    def rooms(self, **select: Unpack[SelectKeywords]) -> dict[str, int]:
        """Lists rooms.

        Returns:
            Room to number of sockets.
        """
        return self._emitter.rooms(select_from(select))

    async def arooms(self, **select: Unpack[SelectKeywords]) -> dict[str, int]:
        """Does what `rooms` does, awaiting instead of blocking.

        Returns:
            Room to number of sockets.
        """
        return await self._emitter.arooms(select_from(select))

    def set(
        self,
        socket: str | HasId,
        *,
        data: Any = ABSENT,
        user: Any = ABSENT,
        confirm: bool = False,
    ) -> None:
        """Replaces what the connect hook gave a socket.

        Args:
            socket: The socket or its id.
            data: Its new data.
            user: Its new user; None for none.
            confirm: Wait for it.
        """
        self._emitter.set(_id(socket), data, user, confirm)

    async def aset(
        self,
        socket: str | HasId,
        *,
        data: Any = ABSENT,
        user: Any = ABSENT,
        confirm: bool = False,
    ) -> None:
        """Does what `set` does, awaiting instead of blocking.

        Args:
            socket: The socket or its id.
            data: Its new data.
            user: Its new user; None for none.
            confirm: Wait for it.
        """
        await self._emitter.aset(_id(socket), data, user, confirm)


def _id(socket: str | HasId) -> str:
    return socket if isinstance(socket, str) else socket.id
