from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

import realtime_sidecar as realtime


class Command(BaseCommand):
    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("text", nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["text"]:
            realtime.emit("announce", options["text"])
        self.stdout.write(str(realtime.status().connected))
