"""Who a client is: found out from what it came with, before any connect hook. Reads only.

In order: a token of `realtime_sidecar.django.token`, the Django session, a token of Django REST
framework in ``auth.token``. ``REALTIME = {"authenticators": ["dotted.path", …]}`` puts others in
their place: functions ``(request, auth, claims)`` that give an `Identity`, a user, or None for
"ask the next".
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from . import conf
from .context import Session, find_user
from .login import login_of


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who a client is.

    Attributes:
        user: A user, or an AnonymousUser.
        login: What it came with, to end its sockets by: see `login`. At most 256 bytes.
        expires: When it is to be asked again: seconds since 1970, or None.
    """

    user: Any
    login: str | None = None
    expires: float | None = None


Authenticator = Callable[[HttpRequest, Any, "dict[str, Any] | None"], Any]


def identify(request: HttpRequest, auth: Any, claims: dict[str, Any] | None) -> Identity:
    """Finds out who a client is; asks the authenticators in order.

    Args:
        request: The handshake.
        auth: What the client gave as ``auth``.
        claims: What its valid token says, or None.

    Returns:
        Who; an AnonymousUser where nobody knows.
    """
    expires = (claims or {}).get("exp")
    for authenticator in _authenticators():
        found = authenticator(request, auth, claims)
        if found is not None:
            identity = found if isinstance(found, Identity) else Identity(found)
            return dataclasses.replace(identity, expires=_earlier(identity.expires, expires))
    return Identity(AnonymousUser(), expires=expires)


def by_token(request: HttpRequest, auth: Any, claims: dict[str, Any] | None) -> Identity | None:
    """Knows a client by its token; one for a user who is gone or inactive makes it nobody.

    Args:
        request: The handshake.
        auth: Ignored: the sidecar has read it.
        claims: What the token says.

    Returns:
        Who, or None without a token that names a user.
    """
    if claims is None or "sub" not in claims:
        return None
    user = find_user(str(claims["sub"]))
    login = claims.get("login")
    if login is None and user.is_authenticated:
        session = by_session(request, auth, claims)
        login = session.login if session is not None and session.user == user else None
    return Identity(user, login)


def by_session(request: HttpRequest, auth: Any, claims: dict[str, Any] | None) -> Identity | None:
    """Knows a client by its Django session, of any engine, as ``AuthenticationMiddleware`` would.

    The session is neither saved nor renewed nor ended, whatever its state.

    Args:
        request: The handshake.
        auth: Ignored.
        claims: Ignored.

    Returns:
        Who, or None without a session of an active user whose password is still the same.
    """
    if not apps.is_installed("django.contrib.sessions"):
        return None
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    session = Session(key)
    path = session.get(BACKEND_SESSION_KEY)
    if key is None or path is None or path not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        pk = get_user_model()._meta.pk.to_python(session[SESSION_KEY])
    except (KeyError, ValidationError):
        return None
    user = load_backend(path).get_user(pk)
    if user is None or not user.is_active or not _same_password(user, session):
        return None
    return Identity(user, login_of(key))


def by_rest_token(
    request: HttpRequest, auth: Any, claims: dict[str, Any] | None
) -> Identity | None:
    """Knows a client by a token of ``rest_framework.authtoken``: ``auth: {token: "…"}``.

    Args:
        request: Ignored.
        auth: What the client gave.
        claims: What the sidecar read from the token; then it is none of these.

    Returns:
        Who, or None without a token of an active user.
    """
    key = auth.get("token") if isinstance(auth, dict) else None
    if claims is not None or not isinstance(key, str):
        return None
    if not apps.is_installed("rest_framework.authtoken"):
        return None
    model = apps.get_model("authtoken", "Token")
    token = model._default_manager.select_related("user").filter(key=key).first()
    if token is None or not token.user.is_active:
        return None
    return Identity(token.user, rest_login(key))


def rest_login(key: str) -> str:
    """Names the login of a REST framework token, without telling the token.

    Args:
        key: The token.

    Returns:
        The login.
    """
    return "token:" + hashlib.sha256(key.encode()).hexdigest()


STANDARD: Final[tuple[Authenticator, ...]] = (by_token, by_session, by_rest_token)


def _authenticators() -> tuple[Authenticator, ...]:
    paths = conf.options().authenticators
    return tuple(import_string(path) for path in paths) or STANDARD


def _earlier(one: float | None, other: float | None) -> float | None:
    times = [time for time in (one, other) if time is not None]
    return min(times) if times else None


def _same_password(user: Any, session: Session) -> bool:
    if not hasattr(user, "get_session_auth_hash"):
        return True
    known = session.get(HASH_SESSION_KEY)
    if not known:
        return False
    hashes = [user.get_session_auth_hash()]
    if hasattr(user, "get_session_auth_fallback_hash"):  # Django 4.1.8 and later
        hashes += user.get_session_auth_fallback_hash()
    return any(constant_time_compare(known, one) for one in hashes)
