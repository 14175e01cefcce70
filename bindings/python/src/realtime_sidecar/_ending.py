"""When a process ends: at exit, at SIGTERM, and what a fork does to both.

One place watches for all `Process` objects, each of which knows how to `stop` and what is left of
it `after_fork`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Protocol


class Stoppable(Protocol):
    """What ends with the process."""

    def stop(self, reason: str) -> None:
        """Stops in order."""

    def after_fork(self) -> None:
        """Makes the copy in a forked child fresh."""


_known: weakref.WeakSet[Stoppable] = weakref.WeakSet()
_watched_exit = 0  # pid whose exit is watched


def stop_at_exit() -> None:
    """Has everything `watch_forks` knows stopped at exit; to say so again does nothing."""
    global _watched_exit
    if _watched_exit == os.getpid():
        return
    if not _watched_exit:
        atexit.register(_stop_all)
    _watched_exit = os.getpid()
    # Children of `multiprocessing` leave without running `atexit`.
    module = sys.modules.get("multiprocessing.process")
    if module is not None and module.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, _stop_all, exitpriority=0)


def stop_on_term(process: Stoppable) -> None:
    """Stops in order where SIGTERM would kill outright; servers with a handler keep theirs.

    Args:
        process: What stops.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def stop_and_die() -> None:
        process.stop("SIGTERM")
        os.kill(os.getpid(), signal.SIGTERM)

    def on_term(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second one kills at once
        # On a thread: this one may have been interrupted while it held a lock.
        threading.Thread(target=stop_and_die, name="realtime.stop", daemon=True).start()

    signal.signal(signal.SIGTERM, on_term)


@contextlib.contextmanager
def told_to_end() -> Iterator[Callable[[], int]]:
    """Catches SIGTERM and SIGINT for a block, on the main thread.

    Yields:
        What waits for the first of them.
    """
    # No Event: its wait may hold, when interrupted, the lock that the handler would wait for.
    told: queue.SimpleQueue[int] = queue.SimpleQueue()

    def tell(number: int, frame: FrameType | None) -> None:
        told.put(number)

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told.get
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch_forks(process: Stoppable) -> None:
    """Tells it in every child that this process forks, for as long as it lives.

    Args:
        process: What is told.
    """
    _known.add(process)


def _after_fork() -> None:
    for process in list(_known):
        process.after_fork()


def _stop_all() -> None:
    for process in list(_known):
        process.stop("exit")


os.register_at_fork(after_in_child=_after_fork)
