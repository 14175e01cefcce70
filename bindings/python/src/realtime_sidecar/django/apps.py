"""The Django app: reads ``settings.REALTIME`` and finds the handlers of all installed apps."""

from __future__ import annotations

from django.apps import AppConfig
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
        from . import checks, handlers  # they need the app registry

        # A mistake is reported by the checks; where those are not made, by whoever serves or emits.
        default_client.process.adopt(conf.core_settings())
        default_client.process.surround(handlers.surroundings())
        autodiscover_modules("realtime")
        checks.register()
