"""The Django app: reads ``settings.REALTIME`` and finds the handlers of all installed apps."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.module_loading import autodiscover_modules

from realtime_sidecar import default_client

from . import conf


class RealtimeConfig(AppConfig):
    """Starts nothing: configuring and importing handlers is all that happens at boot."""

    name = "realtime_sidecar.django"
    label = "realtime_sidecar"
    verbose_name = "Realtime"

    def ready(self) -> None:
        """Configures the binding and imports each installed app's ``realtime`` module."""
        from . import handlers  # needs the app registry

        chosen: dict[str, Any] = {"encoder": DjangoJSONEncoder().default}
        base = getattr(settings, "BASE_DIR", None)
        if base is not None:
            chosen["root"] = base
        default_client.process.configure(**{**chosen, **conf.core_settings()})
        default_client.process.surround(handlers.surroundings())
        autodiscover_modules("realtime")
