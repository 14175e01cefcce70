"""Recognises servers that run an app in several processes, and the master of a preloading one.

The master is the one process that loads the app and must not serve, since its workers are forked
from it.

What is looked at is behaviour, not a version: a gunicorn worker has installed its own signal
handlers before it loads the app, its master has not (or has those of the arbiter); uvicorn hands
its configuration to the processes it spawns.
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


def siblings() -> str | None:
    """Tells whether other processes serve the same app beside this one.

    Returns:
        Which server has how many, for an error's text; None where this process is alone.
    """
    counts = {"gunicorn": _gunicorns(), "uvicorn": _uvicorns(), "uWSGI": _uwsgis()}
    many = ((name, count) for name, count in counts.items() if count > 1)
    return next((f"{name} runs {count} processes" for name, count in many), None)


def succeeds_another() -> bool:
    """Tells whether this process may have been started while the one it replaces still runs.

    Returns:
        Whether it is such: a worker of gunicorn that is not the first, as after a HUP.
    """
    gunicorn = _gunicorn()
    return int(getattr(gunicorn, "age", getattr(gunicorn, "worker_age", 1))) > 1


def _gunicorn() -> Any:
    """Gives the worker, or, right after its fork, its copy of the master; None elsewhere."""
    if "gunicorn.arbiter" not in sys.modules:
        return None
    return getattr(signal.getsignal(signal.SIGUSR1), "__self__", None)


def _gunicorns() -> int:
    return int(getattr(getattr(_gunicorn(), "cfg", None), "workers", 1))


def _uvicorns() -> int:
    if "uvicorn" not in sys.modules or "multiprocessing.process" not in sys.modules:
        return 0
    given = getattr(sys.modules["multiprocessing.process"].current_process(), "_kwargs", {})
    return int(getattr(given.get("config"), "workers", 1) or 1)


def _uwsgis() -> int:
    try:
        import uwsgi
    except ImportError:
        return 0
    return int(getattr(uwsgi, "numproc", 1))


def _is_gunicorn_master() -> bool:
    if "gunicorn.arbiter" not in sys.modules:
        return False
    base: Any = sys.modules.get("gunicorn.workers.base")
    return base is None or not isinstance(_gunicorn(), base.Worker)


def _is_uwsgi_master() -> bool:
    try:
        import uwsgi
    except ImportError:
        return False
    return bool(uwsgi.worker_id() == 0 and uwsgi.masterpid() != 0)
