"""Django: settings, handlers in ``realtime.py`` modules, and serving from wsgi.py or asgi.py.

INSTALLED_APPS = [..., "realtime_sidecar.django"]
REALTIME = {"handler_threads": 4}                    # optional: fields of realtime_sidecar.Config

# wsgi.py (or asgi.py with get_asgi_application)
from realtime_sidecar.django import serve
application = serve(get_wsgi_application())
"""

from __future__ import annotations

from .serving import serve

__all__ = ["serve"]
