"""What ends sockets: logging out, another password, a user who is no longer active or is gone.

Signals of Django do it, in whatever process they are sent; inside a transaction after its commit.
The clients' transports are closed, so that clients come back by themselves and are asked anew:
the page of a user who has logged out goes on as an anonymous one, if it is let in.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import post_delete, post_init, post_save
from django.utils.crypto import salted_hmac

from realtime_sidecar import Selection, default_client
from realtime_sidecar._select import Select

LOGIN_LIMIT: Final = 256  # bytes of a login on the link
_SNAPSHOT: Final = "_realtime_credentials"


def login_of(session_key: str) -> str:
    """Names the login of a session.

    Args:
        session_key: Its key. That of the ``signed_cookies`` engine is the whole session: such a
            login ends only as long as the session has not changed since the client connected.

    Returns:
        The key itself, or a digest of one that is too long.
    """
    if len(session_key.encode()) <= LOGIN_LIMIT:
        return session_key
    return "sha256:" + hashlib.sha256(session_key.encode()).hexdigest()


def public_login_of(session_key: str) -> str:
    """Names the login of a session for tokens, which anybody on the page can read.

    Args:
        session_key: Its key.

    Returns:
        A digest made with the project's secret.
    """
    return "session:" + salted_hmac("realtime_sidecar.login", session_key).hexdigest()


class UserSelection(Selection):
    """One user's sockets: a chain as any other, whose `disconnect` means all namespaces."""

    __slots__ = ()

    def disconnect(
        self,
        *,
        close: bool = True,
        reconnect: bool | None = None,
        all_: bool = False,
        confirm: bool = False,
    ) -> int | None:
        """Ends the user's sockets.

        Args:
            close: End the whole sessions, in all namespaces.
            reconnect: Whether stock clients come back by themselves, to be asked anew.
            all_: Not needed.
            confirm: Wait for it.

        Returns:
            How many, when confirmed.
        """
        # A list of logins, even an empty one, means all namespaces.
        selection = self._with(logins=()) if close else self
        return Selection.disconnect(
            selection, close=close, reconnect=reconnect, all_=all_, confirm=confirm
        )


def user(user: Any) -> UserSelection:
    """Selects a user's sockets: ``user(ann).emit("note")``, ``user(ann).disconnect()``.

    Args:
        user: A user, or its primary key.

    Returns:
        The selection, of the namespace ``/`` until `Selection.of` says another; for `disconnect`
        of all.
    """
    names = Selection(default_client.process.emitter, Select()).to_user(user)
    return UserSelection(names._emitter, names._select)


def connect() -> None:
    """Listens to Django's signals; called once, when all apps are there."""
    if not apps.is_installed("django.contrib.auth"):
        return
    from django.contrib.auth import get_user_model
    from django.contrib.auth.signals import user_logged_out

    model = get_user_model()
    user_logged_out.connect(_logged_out, dispatch_uid="realtime.logged_out")
    post_init.connect(_loaded, sender=model, dispatch_uid="realtime.loaded")
    post_save.connect(_saved, sender=model, dispatch_uid="realtime.saved")
    post_delete.connect(_deleted, sender=model, dispatch_uid="realtime.deleted")
    if apps.is_installed("rest_framework.authtoken"):
        token = apps.get_model("authtoken", "Token")
        post_delete.connect(_token_deleted, sender=token, dispatch_uid="realtime.token")


def _logged_out(sender: Any, request: Any, **_: Any) -> None:
    session = getattr(request, "session", None)
    key = getattr(session, "session_key", None)
    if key is not None:
        logins = [login_of(key), public_login_of(key)]
        default_client.disconnect(logins=logins, close=True)


def _loaded(sender: Any, instance: Model, **_: Any) -> None:
    """Remembers what decides who may stay; cheap, since it comes with every user that is read."""
    setattr(instance, _SNAPSHOT, _credentials(instance))


def _saved(sender: Any, instance: Model, created: bool, raw: bool = False, **_: Any) -> None:
    now = _credentials(instance)
    before = getattr(instance, _SNAPSHOT, now)
    setattr(instance, _SNAPSHOT, now)
    if not created and not raw and any(was not in (None, now[key]) for key, was in before.items()):
        user(instance).disconnect(reconnect=True)


def _deleted(sender: Any, instance: Model, **_: Any) -> None:
    user(instance).disconnect(reconnect=True)


def _token_deleted(sender: Any, instance: Any, **_: Any) -> None:
    from .auth import rest_login

    default_client.disconnect(logins=rest_login(instance.pk), close=True)


def _credentials(instance: Model) -> dict[str, Any]:
    """What is loaded of them: deferred fields stay unread."""
    values = instance.__dict__
    return {name: values.get(name) for name in ("password", "is_active")}
