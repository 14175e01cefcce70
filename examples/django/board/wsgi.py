"""The application that gunicorn and `manage.py runserver` serve."""

import os

from django.core.wsgi import get_wsgi_application
from realtime_sidecar.django import serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "board.settings")

# Only processes that serve load this file, so only they take clients' events. Where gunicorn loads
# it before it forks, its workers begin after the fork.
application = serve(get_wsgi_application())
