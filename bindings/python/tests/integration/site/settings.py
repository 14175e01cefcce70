from __future__ import annotations

import importlib.util
import os
from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = "only for tests"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "realtime_sidecar.django",
    "shop",
]
if importlib.util.find_spec("rest_framework") is not None:
    INSTALLED_APPS += ["rest_framework", "rest_framework.authtoken"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "realtime_sidecar.django.middleware.RealtimeMiddleware",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick: only for tests
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SHOP_DATABASE"],
    },
    "archive": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SHOP_ARCHIVE", ":memory:"),
    },
}
USE_TZ = True
STATIC_URL = "/static/"  # Django's live server asks for it
REALTIME = {
    "handler_threads": 3,
    "app": "shop",
    "retry_delay": 0.01,
    "handle_in_web": os.environ.get("SHOP_HANDLES_IN_WEB") != "no",
}
