from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from realtime_sidecar.django import serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = serve(get_asgi_application())
