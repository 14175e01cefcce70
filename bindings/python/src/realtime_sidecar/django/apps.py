"""The Django app: reads ``settings.REALTIME`` and finds the handlers of all installed apps."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.apps import AppConfig
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import close_old_connections
from django.utils.module_loading import autodiscover_modules

from realtime_sidecar import default_client


class RealtimeConfig(AppConfig):
    """Starts nothing: configuring and importing handlers is all that happens at boot."""

    name = "realtime_sidecar.django"
    label = "realtime"
    verbose_name = "realtime"

    def ready(self) -> None:
        """Configures the binding and imports each installed app's ``realtime`` module."""
        chosen: dict[str, Any] = {"encoder": DjangoJSONEncoder().default}
        base = getattr(settings, "BASE_DIR", None)
        if base is not None:
            chosen["root"] = base
        default_client.process.configure(**{**chosen, **getattr(settings, "REALTIME", {})})
        default_client.process.wrap(database_connections, adatabase_connections)
        autodiscover_modules("realtime")


@contextlib.contextmanager
def database_connections() -> Iterator[None]:
    """Does for one event what Django does for one request: old connections are closed around it.

    Yields:
        Once, for the handlers.
    """
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


@contextlib.asynccontextmanager
async def adatabase_connections() -> AsyncIterator[None]:
    """Does the same for async handlers, whose ORM calls run on a thread of their own per event.

    Yields:
        Once, for the handlers.
    """
    async with ThreadSensitiveContext():
        close = sync_to_async(close_old_connections)
        await close()
        try:
            yield
        finally:
            await close()
