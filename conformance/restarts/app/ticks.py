"""Numbers that this process emits to everyone, each noted once the binding has it."""

import os
import threading

import realtime_sidecar as realtime

from journal import note

_lock = threading.Lock()
_last = {}


def emit_tick():
    """Threads emit one after the other: what they emit at once has no order to be kept."""
    with _lock:
        pid = os.getpid()  # a forked process counts for itself
        _last[pid] = _last.get(pid, 0) + 1
        realtime.emit("tick", pid, _last[pid])
        note("tick", n=_last[pid])
