"""``settings.REALTIME``: fields of `realtime_sidecar.Config`, and the few that Django alone has."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder


@dataclasses.dataclass(frozen=True)
class Options:
    """What of ``settings.REALTIME`` concerns Django alone.

    Attributes:
        handle_in_web: Whether processes that load wsgi.py or asgi.py take connects and events.
            With False only ``manage.py realtime_worker`` does.
        authenticators: Dotted paths of what finds a client's user, in order; empty means the
            standard ones (see ``realtime_sidecar.django.auth``).
        client_path: Where pages load the client from: the sidecar's ``path``.
    """

    handle_in_web: bool = True
    authenticators: tuple[str, ...] = ()
    client_path: str = "/socket.io"


OPTION_NAMES = frozenset(field.name for field in dataclasses.fields(Options))


def options() -> Options:
    """Reads the options, anew each time, so that ``override_settings`` works.

    Returns:
        They.
    """
    given = {name: value for name, value in given_settings().items() if name in OPTION_NAMES}
    if "authenticators" in given:
        given["authenticators"] = tuple(given["authenticators"])
    return Options(**given)


def core_settings() -> dict[str, Any]:
    """Gives the rest, as fields of `realtime_sidecar.Config`, with Django's own defaults.

    Returns:
        A new dict.
    """
    standard: dict[str, Any] = {"encoder": DjangoJSONEncoder().default}
    base = getattr(settings, "BASE_DIR", None)
    if base is not None:
        standard["root"] = base
    # A missing one is for the checks to report, not for every command.
    with contextlib.suppress(ImproperlyConfigured):
        standard["secret"] = settings.SECRET_KEY
        standard["previous_secrets"] = tuple(getattr(settings, "SECRET_KEY_FALLBACKS", ()))
    given = given_settings().items()
    return {**standard, **{name: value for name, value in given if name not in OPTION_NAMES}}


def given_settings() -> Mapping[str, Any]:
    """Gives ``settings.REALTIME`` as it stands, or an empty one.

    Returns:
        It.

    Raises:
        ImproperlyConfigured: It is no dict.
    """
    given = getattr(settings, "REALTIME", {})
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"REALTIME must be a dict, not {given!r}")
    return given
