"""The Django app: reads ``settings.REALTIME`` and finds the handlers of all installed apps."""

from __future__ import annotations

import sys

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from realtime_sidecar import default_client
from realtime_sidecar._link import Link
from realtime_sidecar._select import name_records

from . import conf


def outbox_of_tests() -> Link | None:
    """Gives the outbox that takes everything while tests run: nothing connects by itself then.

    Returns:
        It, from the moment Django's ``setup_test_environment`` was called (by ``manage.py test``
        and pytest-django); else None.
    """
    mail = sys.modules.get("django.core.mail")
    if mail is None or not hasattr(mail, "outbox"):
        return None
    from realtime_sidecar.testing import automatic_outbox

    return automatic_outbox(mail.outbox)


class RealtimeConfig(AppConfig):
    """Starts nothing: configuring and importing handlers is all that happens at boot."""

    name = "realtime_sidecar.django"
    label = "realtime_sidecar"
    verbose_name = "Realtime"

    def ready(self) -> None:
        """Configures the binding and imports each installed app's ``realtime`` module."""
        # They need the app registry.
        from . import celery, checks, handlers, login
        from .commits import Commits
        from .names import RecordNames

        # A mistake is reported by the checks; where those are not made, by whoever serves or emits.
        default_client.process.adopt(conf.core_settings())
        process = default_client.process
        process.surround(handlers.surroundings())
        process.emitter.sending.gate = Commits(lambda: process.config.buffer_bytes)
        process.stand_in = outbox_of_tests
        name_records(RecordNames())
        login.connect()
        celery.connect()
        autodiscover_modules("realtime")
        checks.register()
