"""What handlers get in Django: a socket, with its user, session and request."""

from __future__ import annotations

import importlib
import io
import urllib.parse
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

from asgiref.sync import sync_to_async
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest

from realtime_sidecar import RealtimeError, Socket
from realtime_sidecar._answers import Handshake
from realtime_sidecar._socket import LOGIN_LIMIT


class Identity(Protocol):
    """Who a client is, as ``realtime_sidecar.django.auth.identify`` finds out."""

    @property
    def user(self) -> Any:
        """A user, or an AnonymousUser."""

    @property
    def login(self) -> str | None:
        """The login it came with: the key of its session, say."""

    @property
    def expires(self) -> float | None:
        """When it is to be asked again: seconds since 1970."""


class Context(Socket):
    """A `realtime_sidecar.Socket` that knows Django; made for each event.

    In async handlers use ``await ctx.auser()`` and ``await ctx.asession()``: the plain attributes
    may ask the database, which Django refuses on an event loop.
    """

    _user_object: Any = None  # looked up once per event

    @property
    def user_pk(self) -> str | None:
        """The user's primary key as text, or None; asks nobody."""
        return self._user

    @property
    def user(self) -> Any:  # a user model, which no type names before the settings are read
        """Its user, looked up when first asked for in this event.

        An AnonymousUser when there is none, or it is gone or no longer active. Without
        ``django.contrib.auth`` it is text or None, as in `realtime_sidecar.Socket`. Assigning
        takes a user, a primary key or None.
        """
        if not knows_users():
            return self.user_pk
        if self._user_object is None:
            self._user_object = find_user(self.user_pk)
        return self._user_object

    @user.setter
    def user(self, user: Any) -> None:
        is_user = hasattr(user, "is_authenticated")
        known = user.pk if is_user else user  # an AnonymousUser's is None
        self._name_user(known)
        self._user_object = user if is_user else None

    async def auser(self) -> Any:
        """Does what `user` does, awaiting.

        Returns:
            The user.
        """
        if self._user_object is None and self.user_pk is not None:
            return await sync_to_async(getattr)(self, "user")
        return self.user

    @cached_property
    def session(self) -> Session:
        """The session the client came with, for reading; empty when there is none or it is over.

        Read when first used in an event, so it is as old as the event at most. A visitor who has
        not signed in may have one too. Connect hooks see the one of the client's cookie; events
        that of `login`, which is empty where the session is no login: the client came with a
        token, or the engine is ``signed_cookies``, whose keys are too long.
        """
        return Session(self._session_key() if self.connecting else self.login)

    async def asession(self) -> Session:
        """Does what `session` does, read already when it returns.

        Returns:
            The session.
        """
        await sync_to_async(len)(self.session)
        return self.session

    @cached_property
    def request(self) -> HttpRequest:
        """The client's handshake as a GET request: headers, cookies, address; in connect hooks.

        ``request.user`` and ``request.session`` are the context's. No middleware has seen it.

        Raises:
            RealtimeError: Outside connect hooks: keep what you need in ``ctx.data``.
        """
        if self.handshake is None:
            raise RealtimeError(
                "ctx.request is there in connect hooks only: keep what later handlers need "
                "in ctx.data, or use ctx.user and ctx.session"
            )
        return WSGIRequest(_environ(self.handshake))

    def identified(self, identity: Identity) -> None:
        """Takes who the client is, before the app's own connect hooks.

        Args:
            identity: Who.
        """
        known = bool(identity.user.is_authenticated)
        if known or self.recovered:  # of a recovered client what is not said stays as it was
            self.user = identity.user
        self._user_object = identity.user
        login = identity.login or self._visitors_login()
        if login is not None or self.recovered:
            self.login = login
        if identity.expires is not None:
            self.expire_at(identity.expires)
        claims = self.claims or {}
        if known or "sub" not in claims:  # a token for a user who is gone opens nothing
            self.join(*claims.get("rooms", ()))
            if "data" in claims:
                self.data = claims["data"]
        self.request.user = identity.user
        self.request.session = self.session  # type: ignore[assignment]

    def _session_key(self) -> str | None:
        return self.request.COOKIES.get(settings.SESSION_COOKIE_NAME) or None

    def _visitors_login(self) -> str | None:
        """The session of one who has not signed in; whoever knows its key has the session."""
        key = self._session_key()
        return key if key is not None and len(key.encode()) <= LOGIN_LIMIT else None


class Session(Mapping[str, Any]):
    """A session for reading: handlers cannot send the cookie that a change may need.

    Args:
        session_key: Its key, or None for an empty one.
    """

    def __init__(self, session_key: str | None) -> None:
        self.session_key = session_key

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @cached_property
    def _values(self) -> dict[str, Any]:
        if self.session_key is None:
            return {}
        store = importlib.import_module(settings.SESSION_ENGINE).SessionStore
        # The file engine makes a new session in the place of one that is over. The name of the
        # class must stay: it is part of the salt by which sessions are signed.
        reader = type(store.__qualname__, (store,), {"create": lambda self: None})
        return dict(reader(self.session_key).load())


def knows_users() -> bool:
    """Tells whether the project has Django's users.

    Returns:
        Whether ``django.contrib.auth`` is installed.
    """
    return apps.is_installed("django.contrib.auth")


def find_user(pk: str | None) -> Any:
    """Looks a user up.

    Args:
        pk: The primary key as text, or None.

    Returns:
        The user, or an AnonymousUser where none is active under that key.
    """
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import AnonymousUser

    if pk is None:
        return AnonymousUser()
    model = get_user_model()
    try:
        user = model._default_manager.get(pk=pk)
    except (model.DoesNotExist, ValueError, ValidationError):  # gone, or no key of this model
        return AnonymousUser()
    return user if user.is_active else AnonymousUser()


def _environ(handshake: Handshake) -> dict[str, Any]:
    """Describes the handshake as a WSGI server would."""
    target = urllib.parse.urlsplit(handshake.url)
    headers = handshake.headers
    host, _, port = headers.get("host", "localhost").rpartition(":")
    if not port.isdigit():
        host, port = headers.get("host", "localhost"), "443" if handshake.secure else "80"
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        # As PEP 3333 has it: bytes in the clothes of Latin-1.
        "PATH_INFO": urllib.parse.unquote_to_bytes(target.path or "/").decode("latin-1"),
        "QUERY_STRING": target.query,
        "REMOTE_ADDR": handshake.address,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https" if handshake.secure else "http",
        "wsgi.input": io.BytesIO(),
    }
    named = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
    return {**named, **environ}
