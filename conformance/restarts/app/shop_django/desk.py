"""Makes the database, then takes orders.

A line of JSON is a list of jobs, each with its name and arguments, or null, which asks what the
database has. Each line has one in answer.
"""

import json
import sys

from shop import tasks
from shop.celery import app
from shop.models import Order

from django.db import connection

with connection.schema_editor() as editor:
    editor.create_model(Order)

print("open", flush=True)
for line in sys.stdin:
    jobs = json.loads(line)
    if jobs is None:
        answer = {"orders": list(Order.objects.values_list("serial", flat=True))}
    else:
        for name, *arguments in jobs:
            app.tasks[getattr(tasks, name).name].delay(*arguments)
        answer = {"queued": len(jobs)}
    print(json.dumps(answer), flush=True)
