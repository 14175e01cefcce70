from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from realtime_sidecar.django import serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = serve(get_wsgi_application())
