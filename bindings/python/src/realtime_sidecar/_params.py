"""The params of what an app asks, from checked arguments. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._limits import check_event
from ._select import ABSENT, Absent, Select, user_name


def emit_params(select: Select, event: str, args: Sequence[Any]) -> dict[str, Any]:
    """Builds the params of an emit.

    Args:
        select: To whom.
        event: The event's name.
        args: Its arguments.

    Returns:
        The link's map.

    Raises:
        TypeError: The event's name is no text, or empty.
        ValueError: It is Socket.IO's own.
    """
    params = select.params()
    params["event"] = event_name(event)
    check_event(event)
    params["args"] = args
    if select.volatile:
        params["volatile"] = True
    if select.local:
        params["local"] = True
    if not select.compress:
        params["compress"] = False
    return params


def call_params(select: Select, event: str, args: Sequence[Any], timeout: float) -> dict[str, Any]:
    """Builds the params of a call.

    Args:
        select: Whom to ask.
        event: The event's name.
        args: Its arguments.
        timeout: Seconds the clients get.

    Returns:
        The link's map.
    """
    if timeout <= 0:
        raise ValueError(f"timeout must be positive seconds, not {timeout!r}")
    params = emit_params(select, event, args)
    params["timeout"] = max(1, round(timeout * 1000))
    return params


def _whom(method: str, select: Select, all_: bool) -> dict[str, Any]:
    params = select.params()
    if not select.restricted:
        if not all_:
            raise TypeError(f"{method} needs to say whom: to, users, or all_=True for everyone")
        params["all"] = True
    return params


def membership_params(
    method: str, select: Select, rooms: Sequence[str], all_: bool
) -> dict[str, Any]:
    """Builds the params of a join or a leave.

    Args:
        method: Which, for the error.
        select: Who.
        rooms: Which rooms.
        all_: Everyone, when nobody is named.

    Returns:
        The link's map.
    """
    for room in rooms:
        if not isinstance(room, str):
            raise TypeError(f"a room must be text, not {room!r}")
    params = _whom(method, select, all_)
    params["rooms"] = rooms
    return params


def disconnect_params(
    select: Select, close: bool, all_: bool, reconnect: bool | None = None
) -> dict[str, Any]:
    """Builds the params of a disconnect.

    Args:
        select: Which sockets.
        close: Their whole sessions.
        all_: Everyone, when nobody is named.
        reconnect: Whether stock clients come back; None for the sidecar's own choice.

    Returns:
        The link's map.
    """
    params = _whom("disconnect", select, all_)
    if close:
        params["close"] = True
    if reconnect is not None:
        params["reconnect"] = reconnect
    return params


def page_params(select: Select, limit: int | None, after: str | None) -> dict[str, Any]:
    """Builds the params of a page of sockets.

    Args:
        select: Which.
        limit: Most of a page.
        after: Where it begins.

    Returns:
        The link's map.
    """
    params = select.params()
    if limit is not None:
        params["limit"] = limit
    if after is not None:
        params["after"] = after
    return params


def set_params(socket: str, data: Any | Absent, user: Any | Absent) -> dict[str, Any]:
    """Builds the params of a set.

    Args:
        socket: The socket's id.
        data: Its new data, or `ABSENT`.
        user: Its new user, None for none, or `ABSENT`.

    Returns:
        The link's map.
    """
    params: dict[str, Any] = {"socket": socket}
    if data is not ABSENT:
        params["data"] = data
    if user is not ABSENT:
        params["user"] = None if user is None else user_name("user", user)
    if len(params) == 1:
        raise TypeError("set needs data, user or both")
    return params


def event_name(event: str) -> str:
    """Checks an event's name.

    Args:
        event: The name.

    Returns:
        It.

    Raises:
        TypeError: It is no text, or empty.
    """
    if not isinstance(event, str) or not event:
        raise TypeError(f"an event's name must be text, not {event!r}")
    return event


def server_emit_params(namespace: str, event: str, args: Sequence[Any]) -> dict[str, Any]:
    """Builds the params of an emit to the app itself.

    Args:
        namespace: The namespace.
        event: The event's name.
        args: Its arguments.

    Returns:
        The link's map.
    """
    return {"namespace": namespace, "event": event_name(event), "args": args}
