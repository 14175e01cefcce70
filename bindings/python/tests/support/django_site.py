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
    from django.db import connections
    from django.test.utils import setup_test_environment

    if apps.ready:
        return
    sys.path.insert(0, str(SITE))
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    # Shared by the threads of this process, gone with it.
    os.environ["SHOP_DATABASE"] = "file:shop?mode=memory&cache=shared"
    os.environ["SHOP_ARCHIVE"] = "file:archive?mode=memory&cache=shared"
    django.setup()
    setup_test_environment()
    for alias in connections:
        call_command("migrate", verbosity=0, database=alias, run_syncdb=True)
