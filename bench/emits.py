"""What an emit costs a Python app, beside the other ways to tell another process.

    python emits.py SECONDS ROUNDS SIDECAR_PID REDIS_PORT REDIS_PID HTTP_PORT HTTP_PID

The socket is REALTIME_SOCKET. It says what emits.rb says, and means the same; the transaction is Django's.
"""

import http.client
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
import redis
from django.conf import settings

SECONDS, ROUNDS = float(sys.argv[1]), int(sys.argv[2])
SIDECAR, REDIS_PORT, REDIS, HTTP_PORT, HTTP = map(int, sys.argv[3:])
ORDER = {"id": 7, "number": "2024-0007", "total": "129.90", "paid": True, "note": "x" * 100}
BATCH = 100
SAVED = 10  # emits of a transaction

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["realtime_sidecar.django"],
    SECRET_KEY="of the benchmarks",
    USE_TZ=True,
)
django.setup()

from django.db import connection, transaction  # noqa: E402

import realtime_sidecar  # noqa: E402
from realtime_sidecar.django import batch, emit  # noqa: E402

redis_client = redis.Redis(port=REDIS_PORT)
http_client = http.client.HTTPConnection("127.0.0.1", HTTP_PORT)


def insert() -> None:
    """Saves a row, as what is told of usually was."""
    with connection.cursor() as cursor:
        cursor.execute("insert into orders (total) values (1)")


def one() -> int:
    """Emits."""
    emit("order.paid", ORDER, to="nobody")
    return 1


def confirmed() -> int:
    """Emits and waits until it is taken."""
    emit("order.paid", ORDER, to="nobody", confirm=True)
    return 1


def batched() -> int:
    """Emits many as one."""
    with batch():
        for _ in range(BATCH):
            emit("order.paid", ORDER, to="nobody")
    return BATCH


def saved() -> int:
    """Emits in a transaction."""
    with transaction.atomic():
        insert()
        for _ in range(SAVED):
            emit("order.paid", ORDER, to="nobody")
    return SAVED


def nothing() -> int:
    """Does the transaction without emits."""
    with transaction.atomic():
        insert()
    return SAVED


def published() -> int:
    """Publishes through Redis."""
    redis_client.publish("nobody", json.dumps(["order.paid", ORDER]))
    return 1


def posted() -> int:
    """Posts to the official server."""
    body = json.dumps({"room": "nobody", "event": "order.paid", "args": [ORDER]})
    http_client.request("POST", "/emit", body, {"Content-Type": "application/json"})
    http_client.getresponse().read()
    return 1


WAYS: dict[str, tuple[int, Callable[[], int]]] = {
    "emit": (SIDECAR, one),
    "confirmed": (SIDECAR, confirmed),
    "batch": (SIDECAR, batched),
    "transaction": (SIDECAR, saved),
    "nothing": (SIDECAR, nothing),
    "redis": (REDIS, published),
    "http": (HTTP, posted),
}


def cpu_of(pid: int) -> float:
    """Reads microseconds; the kernel counts in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e4


def turn(way: str, pid: int, work: Callable[[], int]) -> None:
    """Does one thing for a while and says what it cost."""
    began, here, there = time.monotonic(), time.process_time(), cpu_of(pid)
    count = 0
    while time.monotonic() - began < SECONDS:
        count += work()
    if pid == SIDECAR:
        realtime_sidecar.count(to="nobody")
    took, cpu = time.monotonic() - began, (time.process_time() - here) * 1e6
    line = {"target": way, "count": count, "seconds": took, "cpu": [cpu, cpu_of(pid) - there]}
    print(json.dumps(line), flush=True)


with connection.cursor() as cursor:
    cursor.execute("create table orders (id integer primary key, total integer)")
for _, work in WAYS.values():
    work()  # connections, caches
for _ in range(ROUNDS):
    for way, (pid, work) in WAYS.items():
        turn(way, pid, work)
realtime_sidecar.stop()
