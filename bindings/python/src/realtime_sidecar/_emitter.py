"""What an app can ask of the sidecar, each thing once; sync and async differ only in the wait."""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from ._answers import CallResult, SocketPage
from ._batch import Batch
from ._limits import Limits
from ._params import (
    call_params,
    disconnect_params,
    emit_params,
    membership_params,
    page_params,
    server_emit_params,
    set_params,
)
from ._pending import Reply
from ._protocol import Encoder
from ._select import Select
from ._sending import Sending, check_args
from .errors import BlockingCallError, LinkError

CALL_SLACK: Final = 1.0  # seconds beyond the clients' time for the sidecar's own answer
_ANYONE: Final = Select()
_AT_ONCE: Final = Select(now=True)  # an ack is an answer: it waits for no transaction


class Link(Protocol):
    """The way to the sidecar: the connection, or in tests an outbox."""

    @property
    def encoder(self) -> Encoder:
        """Packs params and frames."""

    @property
    def limits(self) -> Limits:
        """What the sidecar takes, as far as it is known."""

    def send(self, frame: bytes, *, volatile: bool = False, emits: int = 0) -> None:
        """Sends a notification without waiting."""

    def request(self, method: str, params: bytes, *, emits: int = 0, resend: bool = False) -> Reply:
        """Sends a request without waiting."""

    def wait(self, reply: Reply, timeout: float) -> Any:
        """Waits for an answer."""

    def timeout_error(self, method: str, timeout: float) -> LinkError:
        """Chooses the error for a wait without an answer."""

    def abandon(self, reply: Reply) -> None:
        """Forgets a request."""


class Emitter:
    """Builds requests and notifications and hands them to the link.

    Thread-safe. Only methods that say so wait; each waits at most its timeout.

    Args:
        link: Gives the link; asked anew each time, so that it may be configured late.
        emit_timeout: Gives the seconds to wait where the caller does not say.
    """

    def __init__(self, link: Callable[[], Link], emit_timeout: Callable[[], float]) -> None:
        self._link = link
        self._emit_timeout = emit_timeout
        self.sending = Sending(link)
        self._ids = itertools.count(1)
        self._id_prefix = ""
        self._id_pid = 0

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
        result = self._ask("emit", {**params, "id": self._new_id()}, timeout, emits=1)
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
        result = await self._aask("emit", {**params, "id": self._new_id()}, timeout, emits=1)
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
        return CallResult.read(self._ask("call", params, timeout + CALL_SLACK))

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
        return CallResult.read(await self._aask("call", params, timeout + CALL_SLACK))

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
        return _count(self._do(method, params, confirm, select))

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
        return _count(await self._ado(method, params, confirm, select))

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
        return _count(self._do("disconnect", params, confirm, select))

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
        return _count(await self._ado("disconnect", params, confirm, select))

    def sockets(self, select: Select, limit: int | None, after: str | None) -> SocketPage:
        """Lists sockets; waits.

        Args:
            select: Which.
            limit: Most of a page.
            after: Where the page begins.

        Returns:
            The page.
        """
        return SocketPage.read(self._ask("sockets", page_params(select, limit, after), None))

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
        return SocketPage.read(await self._aask("sockets", params, None))

    def count(self, select: Select) -> int:
        """Counts sockets; waits.

        Args:
            select: Which.

        Returns:
            How many.
        """
        return _count(self._ask("count", select.params(), None)) or 0

    async def acount(self, select: Select) -> int:
        """Counts sockets, awaiting.

        Args:
            select: Which.

        Returns:
            How many.
        """
        return _count(await self._aask("count", select.params(), None)) or 0

    def rooms(self, select: Select) -> dict[str, int]:
        """Lists rooms with sizes; waits.

        Args:
            select: Whose.

        Returns:
            Room to number of sockets.
        """
        return dict(self._ask("rooms", select.params(), None)["rooms"])

    async def arooms(self, select: Select) -> dict[str, int]:
        """Lists rooms with sizes, awaiting.

        Args:
            select: Whose.

        Returns:
            Room to number of sockets.
        """
        return dict((await self._aask("rooms", select.params(), None))["rooms"])

    def set(self, socket: str, data: Any, user: Any, confirm: bool) -> None:
        """Replaces a socket's data or user.

        Args:
            socket: Its id.
            data: The new data, or `ABSENT`.
            user: The new user, None for no user, or `ABSENT`.
            confirm: Wait for it.
        """
        self._do("set", self._set(socket, data, user), confirm)

    async def aset(self, socket: str, data: Any, user: Any, confirm: bool) -> None:
        """Replaces a socket's data or user, awaiting.

        Args:
            socket: Its id.
            data: The new data, or `ABSENT`.
            user: The new user, None for no user, or `ABSENT`.
            confirm: Wait for it.
        """
        await self._ado("set", self._set(socket, data, user), confirm)

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
        self._do("server_emit", params, confirm)

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
        await self._ado("server_emit", params, confirm)

    def ack(self, event_id: str, args: Sequence[Any]) -> None:
        """Answers a deferred event.

        Args:
            event_id: Its id.
            args: The ack's arguments.
        """
        self._do("ack", {"id": event_id, "args": args}, False, _AT_ONCE)

    def stats(self) -> dict[str, Any]:
        """Asks for the sidecar's counters; waits.

        Returns:
            Its answer.
        """
        return dict(self._ask("stats", {}, None))

    async def astats(self) -> dict[str, Any]:
        """Asks for the sidecar's counters, awaiting.

        Returns:
            Its answer.
        """
        return dict(await self._aask("stats", {}, None))

    # The wait.

    def _do(
        self, method: str, params: dict[str, Any], confirm: bool, select: Select = _ANYONE
    ) -> Any:
        if confirm:
            self.sending.refuse_waiting(f"{method}(confirm=True)", select)
            return self._ask(method, params, None)
        self.sending.send(method, params, select)
        return None

    async def _ado(
        self, method: str, params: dict[str, Any], confirm: bool, select: Select = _ANYONE
    ) -> Any:
        if confirm:
            self.sending.refuse_waiting(f"{method}(confirm=True)", select)
            return await self._aask(method, params, None)
        return self._do(method, params, False, select)

    def _ask(
        self, method: str, params: dict[str, Any] | bytes, timeout: float | None, emits: int = 0
    ) -> Any:
        _refuse_to_block_a_loop(method)
        link = self._link()
        seconds = self._emit_timeout() if timeout is None else timeout
        return link.wait(self._request(link, method, params, emits), seconds)

    async def _aask(
        self, method: str, params: dict[str, Any] | bytes, timeout: float | None, emits: int = 0
    ) -> Any:
        link = self._link()
        seconds = self._emit_timeout() if timeout is None else timeout
        reply = self._request(link, method, params, emits)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(reply.future), seconds)
        except asyncio.TimeoutError:
            raise link.timeout_error(method, seconds) from None
        finally:
            link.abandon(reply)

    def _request(
        self, link: Link, method: str, params: dict[str, Any] | bytes, emits: int
    ) -> Reply:
        if isinstance(params, bytes):
            packed = params
        else:
            packed = link.encoder.pack(params, depth=2)
            check_args(link, method, params, packed)
        return link.request(method, packed, emits=emits, resend=method == "emit")

    def _new_id(self) -> str:
        """Makes an emit's id, unique over processes and forks."""
        if self._id_pid != os.getpid():
            self._id_pid = os.getpid()
            self._id_prefix = secrets.token_urlsafe(9)
        return f"{self._id_prefix}-{next(self._ids)}"


def _count(result: Any) -> int | None:
    return int(result["count"]) if isinstance(result, dict) and "count" in result else None


def _refuse_to_block_a_loop(method: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise BlockingCallError(
        f"{method} would wait on a thread that runs an event loop; "
        "await the function with the same name and an 'a' in front"
    )
