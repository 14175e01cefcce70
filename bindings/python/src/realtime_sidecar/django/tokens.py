"""Tokens for pages: to connect without a question to the app, to follow rooms without a handler."""

from __future__ import annotations

from typing import Any

from realtime_sidecar import default_client
from realtime_sidecar._select import Addressees

from .names import room


def token(
    user: Any = None,
    *,
    rooms: Addressees = None,
    namespace: str = "/",
    expires_in: float = 600,
    login: str | None = None,
    data: Any = None,
) -> str:
    """Makes a token with which a client connects; see `realtime_sidecar.Client.token`.

    Args:
        user: A user, its primary key, or None; an anonymous one is None.
        rooms: Rooms, records too.
        namespace: The only namespace it opens.
        expires_in: Seconds it counts; the client is closed then and comes back.
        login: The login it belongs to. Readable by the page: never a session's key.
        data: What ``ctx.data`` will be; readable by the page.

    Returns:
        The token.
    """
    known = None if getattr(user, "is_anonymous", False) else user
    return default_client.token(
        known, rooms=rooms, namespace=namespace, expires_in=expires_in, login=login, data=data
    )


def room_token(first: Any, *parts: Any, namespace: str = "/", expires_in: float = 86_400) -> str:
    """Makes a token for one room, named as `room` names it: ``room_token(order, "lines")``.

    Args:
        first: A saved record or text.
        *parts: More of the name.
        namespace: The room's.
        expires_in: Seconds in which a client may connect with it.

    Returns:
        The token.
    """
    name = room(first, *parts)
    return default_client.room_token(name, namespace=namespace, expires_in=expires_in)
