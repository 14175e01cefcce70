"""The smallest Django project with jobs, as Celery loads it. ../shop_rails is the same in Rails."""

import os

SECRET_KEY = "for a test only"
USE_TZ = True
INSTALLED_APPS = ["realtime_sidecar.django", "shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SHOP_DATABASE"],
        "OPTIONS": {"timeout": 20},
    },
}
