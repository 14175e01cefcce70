"""Celery, with a folder in the place of a broker."""

import os
from pathlib import Path

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

FOLDER = Path(__file__).resolve().parent.parent / "tmp" / "broker"
FOLDER.mkdir(parents=True, exist_ok=True)

app = Celery("project", broker="filesystem://")
app.conf.broker_transport_options = {
    name: str(FOLDER) for name in ("data_folder_in", "data_folder_out", "control_folder")
}
app.autodiscover_tasks(["shop"])
