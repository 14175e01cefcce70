"""What an app can ask of the sidecar, each thing once; sync and async differ only in the wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ._answers import CallResult, SocketPage
from ._asking import Asking
from ._batch import Batch
from ._ids import EmitIds
from ._limits import Limits
from ._link import Link
from ._params import (
    call_params,
    disconnect_params,
    emit_params,
    membership_params,
    page_params,
    server_emit_params,
    set_params,
)
from ._select import Select
from ._sending import Sending

CALL_SLACK: Final = 1.0  # seconds beyond the clients' time for the sidecar's own answer
_AT_ONCE: Final = Select(now=True)  # an ack is an answer: it waits for no transaction


class Emitter:
    """Builds requests and notifications and hands them to the link.

    Thread-safe. Only methods that say so wait; each waits at most its timeout.

    Args:
        link: Gives the link; asked anew each time, so that it may be configured late.
        emit_timeout: Gives the seconds to wait where the caller does not say.
    """

    def __init__(self, link: Callable[[], Link], emit_timeout: Callable[[], float]) -> None:
        self._link = link
        self.sending = Sending(link)
        self.asking = Asking(link, emit_timeout, self.sending)
        self._ids = EmitIds()

    @property
    def limits(self) -> Limits:
        """What the sidecar takes, as far as it is known."""
        return self._link().limits

    # Emits.

    def emit(
        self, select: Select, event: str, args: Sequence[Any], confirm: bool, timeout: float | None
    ) -> str | None:
        """Emits; waits when ``confirm``. See `Selection.emit`.

        Args:
            select: To whom.
            event: The event's name.
            args: Its arguments.
            confirm: Wait until it is accepted.
            timeout: Seconds, or None for the configured ones.

        Returns:
            The emit's id when confirmed.
        """
        params = emit_params(select, event, args)
        if not confirm:
            self.sending.send("emit", params, select)
            return None
        self._refuse_confirm(select)
        params["id"] = self._ids.next()
        result = self.asking.ask("emit", params, timeout, emits=1)
        return str(result["id"]) if isinstance(result, dict) and "id" in result else None

    async def aemit(
        self, select: Select, event: str, args: Sequence[Any], confirm: bool, timeout: float | None
    ) -> str | None:
        """Emits; awaits when ``confirm``. See `Selection.aemit`.

        Args:
            select: To whom.
            event: The event's name.
            args: Its arguments.
            confirm: Wait until it is accepted.
            timeout: Seconds, or None for the configured ones.

        Returns:
            The emit's id when confirmed.
        """
        params = emit_params(select, event, args)
        if not confirm:
            self.sending.send("emit", params, select)
            return None
        self._refuse_confirm(select)
        result = await self.asking.aask(
            "emit", {**params, "id": self._ids.next()}, timeout, emits=1
        )
        return str(result["id"]) if isinstance(result, dict) and "id" in result else None

    def batch(self, confirm: bool = False, timeout: float | None = None) -> Batch:
        """Collects emits, to be sent as one.

        Args:
            confirm: Wait at the end until the sidecar has accepted them.
            timeout: Seconds.

        Returns:
            A context manager, for ``with`` and ``async with``.
        """
        return Batch(self, self.sending, confirm, timeout)

    def _refuse_confirm(self, select: Select) -> None:
        if self.sending.batch.get() is not None:
            raise TypeError("confirm the batch, not an emit in it: batch(confirm=True)")
        self.sending.refuse_waiting("confirm=True", select)

    def call(self, select: Select, event: str, args: Sequence[Any], timeout: float) -> CallResult:
        """Emits and waits for acks. See `Selection.call`.

        Args:
            select: Whom to ask.
            event: The event's name.
            args: Its arguments.
            timeout: Seconds the clients get.

        Returns:
            Their acks.
        """
        self.sending.refuse_waiting("call", select)
        params = call_params(select, event, args, timeout)
        return CallResult.read(self.asking.ask("call", params, timeout + CALL_SLACK))

    async def acall(
        self, select: Select, event: str, args: Sequence[Any], timeout: float
    ) -> CallResult:
        """Emits and awaits acks. See `Selection.acall`.

        Args:
            select: Whom to ask.
            event: The event's name.
            args: Its arguments.
            timeout: Seconds the clients get.

        Returns:
            Their acks.
        """
        self.sending.refuse_waiting("call", select)
        params = call_params(select, event, args, timeout)
        return CallResult.read(await self.asking.aask("call", params, timeout + CALL_SLACK))

    # Sockets.

    def membership(
        self, method: str, select: Select, rooms: Sequence[str], all_: bool, confirm: bool
    ) -> int | None:
        """Joins or leaves.

        Args:
            method: ``join`` or ``leave``.
            select: Who.
            rooms: Which rooms.
            all_: Everyone, when nobody is named.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        params = self._membership(method, select, rooms, all_)
        return _count(self.asking.do(method, params, confirm, select))

    async def amembership(
        self, method: str, select: Select, rooms: Sequence[str], all_: bool, confirm: bool
    ) -> int | None:
        """Joins or leaves, awaiting.

        Args:
            method: ``join`` or ``leave``.
            select: Who.
            rooms: Which rooms.
            all_: Everyone, when nobody is named.
            confirm: Wait for it.

        Returns:
            How many sockets, when confirmed.
        """
        params = self._membership(method, select, rooms, all_)
        return _count(await self.asking.ado(method, params, confirm, select))

    def _membership(
        self, method: str, select: Select, rooms: Sequence[str], all_: bool
    ) -> dict[str, Any]:
        params = membership_params(method, select, rooms, all_)
        if method == "join":
            self.limits.check_rooms(rooms)
        return params

    def disconnect(
        self,
        select: Select,
        close: bool,
        all_: bool,
        confirm: bool,
        reconnect: bool | None = None,
    ) -> int | None:
        """Disconnects sockets.

        Args:
            select: Which.
            close: Their whole sessions.
            all_: Everyone, when nobody is named.
            confirm: Wait for it.
            reconnect: Whether stock clients come back; None for the sidecar's own choice.

        Returns:
            How many, when confirmed.
        """
        params = disconnect_params(select, close, all_, reconnect)
        return _count(self.asking.do("disconnect", params, confirm, select))

    async def adisconnect(
        self,
        select: Select,
        close: bool,
        all_: bool,
        confirm: bool,
        reconnect: bool | None = None,
    ) -> int | None:
        """Disconnects sockets, awaiting.

        Args:
            select: Which.
            close: Their whole sessions.
            all_: Everyone, when nobody is named.
            confirm: Wait for it.
            reconnect: Whether stock clients come back; None for the sidecar's own choice.

        Returns:
            How many, when confirmed.
        """
        params = disconnect_params(select, close, all_, reconnect)
        return _count(await self.asking.ado("disconnect", params, confirm, select))

    def sockets(self, select: Select, limit: int | None, after: str | None) -> SocketPage:
        """Lists sockets; waits.

        Args:
            select: Which.
            limit: Most of a page.
            after: Where the page begins.

        Returns:
            The page.
        """
        return SocketPage.read(self.asking.ask("sockets", page_params(select, limit, after), None))

    async def asockets(self, select: Select, limit: int | None, after: str | None) -> SocketPage:
        """Lists sockets, awaiting.

        Args:
            select: Which.
            limit: Most of a page.
            after: Where the page begins.

        Returns:
            The page.
        """
        params = page_params(select, limit, after)
        return SocketPage.read(await self.asking.aask("sockets", params, None))

    def count(self, select: Select) -> int:
        """Counts sockets; waits.

        Args:
            select: Which.

        Returns:
            How many.
        """
        return _count(self.asking.ask("count", select.params(), None)) or 0

    async def acount(self, select: Select) -> int:
        """Counts sockets, awaiting.

        Args:
            select: Which.

        Returns:
            How many.
        """
        return _count(await self.asking.aask("count", select.params(), None)) or 0

    def rooms(self, select: Select) -> dict[str, int]:
        """Lists rooms with sizes; waits.

        Args:
            select: Whose.

        Returns:
            Room to number of sockets.
        """
        return dict(self.asking.ask("rooms", select.params(), None)["rooms"])

    async def arooms(self, select: Select) -> dict[str, int]:
        """Lists rooms with sizes, awaiting.

        Args:
            select: Whose.

        Returns:
            Room to number of sockets.
        """
        return dict((await self.asking.aask("rooms", select.params(), None))["rooms"])

    def set(self, socket: str, data: Any, user: Any, confirm: bool) -> None:
        """Replaces a socket's data or user.

        Args:
            socket: Its id.
            data: The new data, or `ABSENT`.
            user: The new user, None for no user, or `ABSENT`.
            confirm: Wait for it.
        """
        self.asking.do("set", self._set(socket, data, user), confirm)

    async def aset(self, socket: str, data: Any, user: Any, confirm: bool) -> None:
        """Replaces a socket's data or user, awaiting.

        Args:
            socket: Its id.
            data: The new data, or `ABSENT`.
            user: The new user, None for no user, or `ABSENT`.
            confirm: Wait for it.
        """
        await self.asking.ado("set", self._set(socket, data, user), confirm)

    def _set(self, socket: str, data: Any, user: Any) -> dict[str, Any]:
        params = set_params(socket, data, user)
        self.limits.check_name("user", params.get("user"))
        return params

    # Apps and the sidecar itself.

    def server_emit(self, namespace: str, event: str, args: Sequence[Any], confirm: bool) -> None:
        """Emits to every other handler process of every node.

        Args:
            namespace: The namespace.
            event: The event's name.
            args: Its arguments.
            confirm: Wait until it is accepted.
        """
        params = server_emit_params(namespace, event, args)
        self.asking.do("server_emit", params, confirm)

    async def aserver_emit(
        self, namespace: str, event: str, args: Sequence[Any], confirm: bool
    ) -> None:
        """Emits to every other handler process of every node, awaiting.

        Args:
            namespace: The namespace.
            event: The event's name.
            args: Its arguments.
            confirm: Wait until it is accepted.
        """
        params = server_emit_params(namespace, event, args)
        await self.asking.ado("server_emit", params, confirm)

    def ack(self, event_id: str, args: Sequence[Any]) -> None:
        """Answers a deferred event.

        Args:
            event_id: Its id.
            args: The ack's arguments.
        """
        self.asking.do("ack", {"id": event_id, "args": args}, False, _AT_ONCE)

    def stats(self) -> dict[str, Any]:
        """Asks for the sidecar's counters; waits.

        Returns:
            Its answer.
        """
        return dict(self.asking.ask("stats", {}, None))

    async def astats(self) -> dict[str, Any]:
        """Asks for the sidecar's counters, awaiting.

        Returns:
            Its answer.
        """
        return dict(await self.asking.aask("stats", {}, None))


def _count(result: Any) -> int | None:
    return int(result["count"]) if isinstance(result, dict) and "count" in result else None
