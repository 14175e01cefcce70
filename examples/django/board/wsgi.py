"""The application that gunicorn and `manage.py runserver` serve."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "board.settings")
application = get_wsgi_application()

# Only processes that serve load this file, so only they take clients' events. Where gunicorn loads it
# before it forks, its workers begin after the fork.
import realtime_sidecar as realtime  # noqa: E402

realtime.serve()
