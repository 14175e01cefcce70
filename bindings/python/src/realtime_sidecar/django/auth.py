"""Who a client is: found out from what it came with, before any connect hook."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.module_loading import import_string


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who a client is.

    Attributes:
        user: A user, or an AnonymousUser.
        login: The key of its session, or None.
        expires: When it is to be asked again: seconds since 1970, or None.
    """

    user: Any
    login: str | None = None
    expires: float | None = None


def identify(request: HttpRequest, auth: Any, claims: dict[str, Any] | None) -> Identity:
    """Finds out who a client is, by its Django session.

    Args:
        request: The handshake.
        auth: What the client gave as ``auth``.
        claims: What its valid token says, or None.

    Returns:
        Who.
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = store(key)
    user = get_user(request)
    return Identity(user, key if user.is_authenticated and user.is_active else None)
