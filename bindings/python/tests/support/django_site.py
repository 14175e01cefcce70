"""The Django site of `integration/site`, set up in this process with a database in memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SITE = Path(__file__).parents[1] / "integration" / "site"


def set_up() -> None:
    """Configures Django once for this process: call it before importing what needs models."""
    import django
    from django.apps import apps
    from django.core.management import call_command

    if apps.ready:
        return
    sys.path.insert(0, str(SITE))
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    # Shared by the threads of this process, gone with it.
    os.environ["SHOP_DATABASE"] = "file:shop?mode=memory&cache=shared"
    django.setup()
    call_command("migrate", verbosity=0)
