"""The project. Celery is loaded where there are tasks: it takes as long as a quarter of Django."""

from pathlib import Path

if Path(__file__).resolve().parent.parent.joinpath("shop", "tasks.py").exists():
    from .celery import app as celery_app

    __all__ = ["celery_app"]
