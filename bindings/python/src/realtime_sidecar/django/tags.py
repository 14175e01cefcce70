"""What pages need, as HTML: the client's scripts, tokens. For Django's templates and Jinja2's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from . import conf
from .login import public_login_of
from .tokens import room_token, token


def script_tags(nonce: object | None = None) -> SafeString:
    """Gives the script elements of the client and of ``Realtime.connect``.

    Args:
        nonce: The page's CSP nonce, or None.

    Returns:
        HTML; loads nothing from elsewhere.
    """
    path = conf.options().client_path.rstrip("/")
    scripts = [f"{path}/socket.io.js", f"{path}/realtime.js"]
    if nonce is None:
        tags = [format_html('<script src="{}"></script>', script) for script in scripts]
    else:
        tags = [
            format_html('<script src="{}" nonce="{}"></script>', script, nonce)
            for script in scripts
        ]
    return SafeString("\n".join(tags))


def room_tag(
    first: Any, *parts: Any, namespace: str = "/", expires_in: float = 86_400
) -> SafeString:
    """Gives the element by which a page follows a room, without any handler.

    Args:
        first: A saved record or text.
        *parts: More of the room's name.
        namespace: The room's.
        expires_in: Seconds in which the page may connect with it.

    Returns:
        HTML.
    """
    made = room_token(first, *parts, namespace=namespace, expires_in=expires_in)
    return _meta("realtime-room", made, namespace)


def token_tag(
    request: Any, user: Any = None, namespace: str = "/", expires_in: float = 600
) -> SafeString:
    """Gives the element with which a page connects as its user, without a question to the app.

    Logging out ends the sockets that came by it.

    Args:
        request: The page's request.
        user: Who; the request's user unless given.
        namespace: The only namespace it opens.
        expires_in: Seconds it counts.

    Returns:
        HTML.
    """
    known = getattr(request, "user", None) if user is None else user
    key = getattr(getattr(request, "session", None), "session_key", None)
    login = None if key is None else public_login_of(key)
    made = token(known, namespace=namespace, expires_in=expires_in, login=login)
    return _meta("realtime-token", made, namespace)


def jinja_globals() -> dict[str, Callable[..., Any]]:
    """Gives the functions for a Jinja2 environment: ``env.globals.update(jinja_globals())``.

    Returns:
        ``realtime_tags(nonce=None)``, ``realtime_room_tag(order, "lines", …)`` and
        ``realtime_token_tag(request, …)``.
    """
    return {
        "realtime_tags": script_tags,
        "realtime_room_tag": room_tag,
        "realtime_token_tag": token_tag,
    }


def _meta(name: str, content: str, namespace: str) -> SafeString:
    space = namespace if namespace.startswith("/") else f"/{namespace}"
    html = '<meta name="{}" content="{}" data-namespace="{}">'
    return format_html(html, name, content, space)
