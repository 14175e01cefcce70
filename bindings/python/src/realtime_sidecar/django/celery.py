"""Celery: a task leaves out the sockets of the page whose request has sent it."""

from __future__ import annotations

import importlib.util
from typing import Any, Final

from .current import _current, current_sockets, read_header

HEADER: Final = "realtime_sockets"
_inherited: dict[str, Any] = {}  # task id to what puts the former ones back


def connect() -> None:
    """Listens to Celery's signals where Celery is installed; called once."""
    if importlib.util.find_spec("celery") is None:
        return
    from celery import signals

    signals.before_task_publish.connect(_published, dispatch_uid="realtime.published")
    signals.task_prerun.connect(_begins, dispatch_uid="realtime.begins")
    signals.task_postrun.connect(_ended, dispatch_uid="realtime.ended")


def _published(headers: dict[str, Any] | None = None, **_: Any) -> None:
    sockets = current_sockets()
    if sockets and headers is not None:
        headers[HEADER] = ",".join(sockets)


def _begins(task_id: str, task: Any, **_: Any) -> None:
    if not task.request.is_eager:  # an eager one runs in its sender's context
        text = task.request.get(HEADER)
        _inherited[task_id] = _current.set(read_header(text if isinstance(text, str) else None))


def _ended(task_id: str, **_: Any) -> None:
    token = _inherited.pop(task_id, None)
    if token is not None:
        _current.reset(token)
