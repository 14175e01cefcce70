"""A process that only emits: a job, a shell, a task. It has no handlers."""

import signal
import time

from ticks import emit_tick

PAUSE = 0.2
"""Seconds between two emits."""

stopping = False


def stop(number, frame):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
while not stopping:
    emit_tick()
    time.sleep(PAUSE)
