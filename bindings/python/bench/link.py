"""Measures the binding against the built sidecar: emits and handler round trips per second.

    REALTIME_BIN=../../bin/realtime python bench/link.py

Emits go to a room nobody is in, so the sidecar's work is to read and drop them: the binding and
the link are measured. Round trips are `server_emit` by another connection of this process, 64 on
their way: out, through the sidecar, to a handler, and its answer back.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from realtime_sidecar import Client

EMITS = 100_000
TRIPS = 20_000
ON_THEIR_WAY = 64
ORDER = {"id": 7, "number": "2024-0007", "total": "129.90", "paid": True, "lines": [1, 2, 3]}


def timed(name: str, count: int, work: Callable[[], None]) -> None:
    """Runs something once and prints its rate."""
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"{name:34} {count / seconds:10,.0f}/s   {seconds / count * 1e6:7.1f} us")


def emits(client: Client) -> None:
    """Emits without waiting, until all are written."""
    for number in range(EMITS):
        client.emit("order.paid", ORDER, to="nobody")
        if not number % 1000:
            client.count(to="nobody")  # the sidecar has read all before it
    client.count(to="nobody")


def confirmed(client: Client) -> None:
    """Emits one after the other, each accepted before the next."""
    for _ in range(EMITS // 20):
        client.emit("order.paid", ORDER, to="nobody", confirm=True)


def batches(client: Client) -> None:
    """Emits in batches of 100."""
    for _ in range(EMITS // 100):
        with client.batch():
            for _ in range(100):
                client.emit("order.paid", ORDER, to="nobody")
    client.count(to="nobody")


def round_trips(sender: Client, kind: str) -> None:
    """Sends to the handlers, a bounded number at a time."""
    room = threading.Semaphore(ON_THEIR_WAY)
    trips[kind] = room
    for number in range(TRIPS):
        room.acquire()
        sender.server_emit(kind, number)
    for _ in range(ON_THEIR_WAY):
        room.acquire()


trips: dict[str, threading.Semaphore] = {}


def main() -> None:
    """Starts the sidecar, measures, ends it."""
    binary = os.environ.get("REALTIME_BIN")
    if not binary:
        sys.exit("REALTIME_BIN must name the built sidecar")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="rt") as directory:
        path = os.path.join(directory, "s")
        command = [binary, "serve", f"--listen=127.0.0.1:{port}", f"--socket={path}"]
        sidecar = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            while not os.path.exists(path) and sidecar.poll() is None:
                time.sleep(0.01)
            measure(Client(socket=path, window=ON_THEIR_WAY), Client(socket=path))
        finally:
            sidecar.terminate()
            sidecar.wait()


def measure(client: Client, sender: Client) -> None:
    """Prints one line for each thing measured."""

    @client.process.router.on_server_event("sync")
    def sync(number: int) -> None:
        trips["sync"].release()

    @client.process.router.on_server_event("async")
    async def asynchronous(number: int) -> None:
        trips["async"].release()

    client.process.serve()
    client.emit("ready", to="nobody", confirm=True)
    print(f"Python {sys.version.split()[0]}")
    timed("emits", EMITS, lambda: emits(client))
    timed("emits, confirmed one by one", EMITS // 20, lambda: confirmed(client))
    timed("emits, in batches of 100", EMITS, lambda: batches(client))
    timed("round trips, 2 threads", TRIPS, lambda: round_trips(sender, "sync"))
    timed("round trips, async", TRIPS, lambda: round_trips(sender, "async"))
    status = client.process.status()
    print(f"dropped {status.dropped}, lost {status.lost}")
    for each in (client, sender):
        each.process.stop()


if __name__ == "__main__":
    main()
