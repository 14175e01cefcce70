"""Recognises the master of a preloading server.

It is the one process that loads the app and must not serve, since its workers are forked from it.

What is looked at is public behaviour, not a version: a gunicorn worker has installed its own
signal handlers before it loads the app, its master has not (or has those of the arbiter).
"""

from __future__ import annotations

import signal
import sys
from typing import Any


def forks_later() -> bool:
    """Tells whether this process will fork the ones that serve.

    Returns:
        Whether it is such a master.
    """
    return _is_gunicorn_master() or _is_uwsgi_master()


def _is_gunicorn_master() -> bool:
    if "gunicorn.arbiter" not in sys.modules:
        return False
    base: Any = sys.modules.get("gunicorn.workers.base")
    owner = getattr(signal.getsignal(signal.SIGUSR1), "__self__", None)
    return base is None or not isinstance(owner, base.Worker)


def _is_uwsgi_master() -> bool:
    try:
        import uwsgi
    except ImportError:
        return False
    return bool(uwsgi.worker_id() == 0 and uwsgi.masterpid() != 0)
