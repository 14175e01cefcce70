import os

from django.db import transaction

import realtime_sidecar as realtime
from journal import note

from .celery import app
from .models import Order

BATCH = 3


def emit(serial, number, filling=""):
    realtime.emit("told", str(os.getpid()), serial, number, filling)


def told(serial, number):
    """Notes, in order, what a client must hear from this process."""
    note("told", source=str(os.getpid()), serial=serial, number=number)


@app.task(ignore_result=True)
def tell(serial, count, size):
    """Emits `count` times, `size` bytes each."""
    for number in range(count):
        emit(serial, number, "x" * size)
        told(serial, number)
    note("done", serial=serial)


@app.task(ignore_result=True)
def order(serial, keep):
    """Emits a batch in a transaction, which is to be heard if that is kept, and only then."""
    with transaction.atomic():
        Order.objects.create(serial=serial)
        with realtime.batch():
            for number in range(BATCH):
                emit(serial, number)
        transaction.set_rollback(not keep)
    if keep:
        for number in range(BATCH):
            told(serial, number)
    note("done", serial=serial)


@app.task(ignore_result=True)
def ask(serial):
    """Asks all clients, and waits for their acknowledgements."""
    result = realtime.call("question", serial, timeout=10)
    answers = [[ack.socket, ack.args] for ack in result]
    note("answered", serial=serial, answers=answers, complete=len(result) == result.expected)
    note("done", serial=serial)
