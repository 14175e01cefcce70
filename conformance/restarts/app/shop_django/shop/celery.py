"""The worker's app: `celery -A shop.celery worker`."""

import os

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

app = Celery("shop", broker=os.environ["REDIS_URL"], include=["shop.tasks"])
app.conf.broker_connection_retry_on_startup = False
app.conf.worker_prefetch_multiplier = 1  # what is taken and not begun is given back at the end
