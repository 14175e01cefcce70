"""The worker's app: `celery -A shop.celery worker`."""

import os

import django
from billiard import pool
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

app = Celery("shop", broker=os.environ["REDIS_URL"], include=["shop.tasks"])
app.conf.broker_connection_retry_on_startup = False
app.conf.worker_prefetch_multiplier = 1  # what is taken and not begun is given back at the end

# A process of the pool that ends waits until its master has read all its results. A master that ends as well
# may have stopped reading, and then it waits in vain: two seconds here, in place of thirty.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 20
