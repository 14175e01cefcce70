"""Chains: each step says more about who is meant, the last one does something.

realtime.of("/admin").to("a", "b").except_(id).volatile.emit("tick", 1)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._select import (
    Addressees,
    Select,
    Users,
    addressees,
    excepted,
    namespace_name,
    user_names,
)

if TYPE_CHECKING:
    from ._answers import CallResult, SocketPage
    from ._emitter import Emitter


class Selection:
    """A chain: each step gives a new selection, the last one does something with it.

    Immutable, so it may be kept and shared between threads.

    Args:
        emitter: What carries it out.
        select: Who is meant so far.
    """

    __slots__ = ("_emitter", "_select")

    def __init__(self, emitter: Emitter, select: Select) -> None:
        self._emitter = emitter
        self._select = select

    def __repr__(self) -> str:
        return f"<Selection {self._select!r}>"

    def of(self, namespace: str) -> Selection:
        """Chooses the namespace.

        Args:
            namespace: Its name. With stars, ``/room-*``, every one that fits: for emits, `sockets`,
                `count` and `disconnect`.

        Returns:
            The new selection.
        """
        return self._with(namespace=namespace_name(namespace))

    def to(self, *rooms: Addressees) -> Selection:
        """Restricts to rooms and sockets; several steps add up.

        Args:
            *rooms: Rooms, socket ids, sockets, or iterables of them. None at all is nobody.

        Returns:
            The new selection.
        """
        return self._with(to=(*(self._select.to or ()), *_flat("to", rooms)))

    in_ = to

    def to_user(self, *users: Users) -> Selection:
        """Restricts to users; several steps add up.

        Args:
            *users: As the connect hook named them. None at all is nobody.

        Returns:
            The new selection.
        """
        names = tuple(name for value in users for name in user_names("to_user", value))
        return self._with(users=(*(self._select.users or ()), *names))

    def except_(self, *rooms: Addressees) -> Selection:
        """Leaves rooms and sockets out.

        Args:
            *rooms: As for `to`.

        Returns:
            The new selection.
        """
        return self._with(except_=(*self._select.except_, *_without(rooms)))

    def except_user(self, *users: Users) -> Selection:
        """Leaves users out.

        Args:
            *users: As for `to_user`.

        Returns:
            The new selection.
        """
        names = tuple(name for value in users for name in user_names("except_user", value))
        return self._with(except_users=(*self._select.except_users, *names))

    @property
    def volatile(self) -> Selection:
        """The same, for emits that may be dropped where a client is not ready."""
        return self._with(volatile=True)

    @property
    def now(self) -> Selection:
        """The same, without waiting for an open database transaction."""
        return self._with(now=True)

    def using(self, database: str) -> Selection:
        """Waits for the open transaction of one database only.

        Args:
            database: Its alias.

        Returns:
            The new selection.
        """
        return self._with(using=database)

    @property
    def local(self) -> Selection:
        """The same, for clients of this node only."""
        return self._with(local=True)

    def compress(self, worth: bool = True) -> Selection:
        """Says whether emits are worth compressing, where the sidecar compresses.

        Args:
            worth: False for what is compressed already.

        Returns:
            The new selection.
        """
        return self._with(compress=worth)

    def emit(
        self, event: str, *args: Any, confirm: bool = False, timeout: float | None = None
    ) -> str | None:
        """Emits an event. Without ``confirm`` it neither waits nor raises for a sidecar away.

        Args:
            event: Its name.
            *args: Its arguments; bytes become attachments.
            confirm: Wait until the sidecar has accepted it.
            timeout: Seconds to wait; `Config.emit_timeout` unless given.

        Returns:
            The emit's id when confirmed, else None.

        Raises:
            EncodeError: An argument has no form on the wire, or they are more than clients take:
                ten binary values, and the sidecar's ``max_emit_size``.
            ValueError: The event is Socket.IO's own.
            LinkError: Confirmed only: no sidecar, or no answer.
            RequestError: Confirmed only: refused.
        """
        return self._emitter.emit(self._select, event, args, confirm, timeout)

    async def aemit(
        self, event: str, *args: Any, confirm: bool = False, timeout: float | None = None
    ) -> str | None:
        """Does what `emit` does, awaiting instead of blocking.

        Args:
            event: Its name.
            *args: Its arguments.
            confirm: Wait until the sidecar has accepted it.
            timeout: Seconds to wait.

        Returns:
            The emit's id when confirmed, else None.
        """
        return await self._emitter.aemit(self._select, event, args, confirm, timeout)

    def send(self, *args: Any) -> None:
        """Emits ``message``, Socket.IO's default event.

        Args:
            *args: Its arguments.
        """
        self._emitter.emit(self._select, "message", args, False, None)

    def call(self, event: str, *args: Any, timeout: float = 5.0) -> CallResult:
        """Emits an event and waits for the clients' acks.

        Args:
            event: Its name.
            *args: Its arguments.
            timeout: Seconds the clients get. The call returns at most one second later.

        Returns:
            The acks that came; look at ``timed_out`` to know whether any are missing.

        Raises:
            LinkError: No sidecar, or no answer from it.
            RequestError: Refused.
        """
        return self._emitter.call(self._select, event, args, timeout)

    async def acall(self, event: str, *args: Any, timeout: float = 5.0) -> CallResult:
        """Does what `call` does, awaiting instead of blocking.

        Args:
            event: Its name.
            *args: Its arguments.
            timeout: Seconds the clients get.

        Returns:
            The acks that came.
        """
        return await self._emitter.acall(self._select, event, args, timeout)

    emit_with_ack = call
    aemit_with_ack = acall

    def join(self, *rooms: str, all_: bool = False, confirm: bool = False) -> int | None:
        """Makes the selected sockets join rooms.

        Args:
            *rooms: The rooms.
            all_: Needed when neither rooms, sockets nor users are selected.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return self._emitter.membership("join", self._select, rooms, all_, confirm)

    async def ajoin(self, *rooms: str, all_: bool = False, confirm: bool = False) -> int | None:
        """Does what `join` does, awaiting instead of blocking.

        Args:
            *rooms: The rooms.
            all_: Needed when neither rooms, sockets nor users are selected.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return await self._emitter.amembership("join", self._select, rooms, all_, confirm)

    def leave(self, *rooms: str, all_: bool = False, confirm: bool = False) -> int | None:
        """Makes the selected sockets leave rooms.

        Args:
            *rooms: The rooms.
            all_: Needed when neither rooms, sockets nor users are selected.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return self._emitter.membership("leave", self._select, rooms, all_, confirm)

    async def aleave(self, *rooms: str, all_: bool = False, confirm: bool = False) -> int | None:
        """Does what `leave` does, awaiting instead of blocking.

        Args:
            *rooms: The rooms.
            all_: Needed when neither rooms, sockets nor users are selected.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return await self._emitter.amembership("leave", self._select, rooms, all_, confirm)

    def disconnect(
        self,
        *,
        close: bool = False,
        reconnect: bool | None = None,
        all_: bool = False,
        confirm: bool = False,
    ) -> int | None:
        """Disconnects the selected sockets from the namespace.

        Args:
            close: End the whole session, all its namespaces included.
            reconnect: With ``close``: whether stock clients come back by themselves.
            all_: Needed when neither rooms, sockets nor users are selected.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return self._emitter.disconnect(self._select, close, all_, confirm, reconnect)

    async def adisconnect(
        self,
        *,
        close: bool = False,
        reconnect: bool | None = None,
        all_: bool = False,
        confirm: bool = False,
    ) -> int | None:
        """Does what `disconnect` does, awaiting instead of blocking.

        Args:
            close: End the whole session, all its namespaces included.
            reconnect: With ``close``: whether stock clients come back by themselves.
            all_: Needed when neither rooms, sockets nor users are selected.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        return await self._emitter.adisconnect(self._select, close, all_, confirm, reconnect)

    def sockets(self, *, limit: int | None = None, after: str | None = None) -> SocketPage:
        """Lists the selected sockets, a page at a time.

        Args:
            limit: Most sockets of the page; the sidecar's own limit unless given.
            after: ``next`` of the page before.

        Returns:
            The page.
        """
        return self._emitter.sockets(self._select, limit, after)

    async def asockets(self, *, limit: int | None = None, after: str | None = None) -> SocketPage:
        """Does what `sockets` does, awaiting instead of blocking.

        Args:
            limit: Most sockets of the page.
            after: ``next`` of the page before.

        Returns:
            The page.
        """
        return await self._emitter.asockets(self._select, limit, after)

    def count(self) -> int:
        """Counts the selected sockets.

        Returns:
            How many.
        """
        return self._emitter.count(self._select)

    async def acount(self) -> int:
        """Does what `count` does, awaiting instead of blocking.

        Returns:
            How many.
        """
        return await self._emitter.acount(self._select)

    def rooms(self) -> dict[str, int]:
        """Lists the rooms of the selected sockets.

        Returns:
            Room to number of sockets.
        """
        return self._emitter.rooms(self._select)

    async def arooms(self) -> dict[str, int]:
        """Does what `rooms` does, awaiting instead of blocking.

        Returns:
            Room to number of sockets.
        """
        return await self._emitter.arooms(self._select)

    def _with(self, **changes: Any) -> Selection:
        return Selection(self._emitter, dataclasses.replace(self._select, **changes))


def _without(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(name for value in values for name in excepted(value))


def _flat(argument: str, values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(name for value in values for name in addressees(argument, value))
