"""``manage.py realtime_worker``: a process that takes connects and events, and serves no pages."""

from __future__ import annotations

import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import autoreload

from realtime_sidecar import default_client
from realtime_sidecar.django import conf


class Command(BaseCommand):
    """Takes connects and events until TERM or INT, then stops in order.

    Beside web workers that take some too, or alone with ``REALTIME = {"handle_in_web": False}``.
    Alone, and with the setting ``native``, it has the server inside.
    """

    help = (
        "Takes connects and events of clients until TERM or INT; then takes nothing new, finishes "
        "what it holds (at most stop_timeout) and ends."
    )
    requires_system_checks = ()  # made below: under the reloader an error must not end it

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the options.

        Args:
            parser: Of this command.
        """
        parser.add_argument(
            "--threads", type=int, metavar="N", help="Threads for sync handlers; handler_threads."
        )
        parser.add_argument(
            "--reload", action="store_true", help="Start anew when code changes: for development."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs until told to stop.

        Args:
            *args: None.
            **options: ``threads``, ``reload`` and those of all commands.

        Raises:
            CommandError: ``--threads`` is less than 1.
        """
        threads = options["threads"]
        if threads is not None:
            if threads < 1:
                raise CommandError("--threads must be at least 1")
            default_client.process.configure(handler_threads=threads)
        if options["reload"]:
            autoreload.run_with_reloader(self._serve_for_reloader)
        else:
            self._announce()
            default_client.process.run(_native())

    def _serve_for_reloader(self) -> None:
        """Runs on the reloader's second thread; its main thread ends the process, in order."""
        autoreload.raise_last_exception()
        self._announce()
        default_client.process.start(_native())
        threading.Event().wait()

    def _announce(self) -> None:
        self.check()
        config = default_client.process.config
        router = default_client.process.router
        self.stdout.write(
            f"Handlers of {', '.join(router.served())} take events from {config.socket_path} "
            f"on {config.handler_threads} threads. Quit with CTRL-C."
        )
        self.stdout.flush()


def _native() -> bool | None:
    """Says no where the web process has the server; alone, the setting counts."""
    return False if conf.options().handle_in_web else None
