"""``manage.py runrealtime``: the sidecar with Django's development server behind it, on one port.

This process becomes the sidecar's binary, which starts ``manage.py runserver`` as its child on a
free port. So runserver and its reloader are untouched (other apps may replace that command), there
is one sidecar however often code is reloaded, and clients stay connected meanwhile.

With the setting ``native`` no binary is needed: this process becomes runserver, whose serving
process has the sidecar's server inside. Then a reload disconnects clients, and they come back.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from realtime_sidecar import default_client
from realtime_sidecar._cli import NOT_FOUND, find_binary

DEFAULT_PORT: Final = "8000"
_ADDRESS: Final = re.compile(r"(?:(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\]):)?(?P<port>\d{1,5})")


class Command(BaseCommand):
    """Starts the development server with Socket.IO in front of it."""

    help = "Starts the sidecar with Django's development server behind it, on one port."
    requires_system_checks = ()  # runserver makes them, each time it reloads

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the options.

        Args:
            parser: Of this command.
        """
        parser.add_argument(
            "addrport", nargs="?", default=DEFAULT_PORT, help="Port, or address:port. [%(default)s]"
        )
        parser.add_argument(
            "--upstream-cmd",
            metavar="COMMAND",
            help="Started in place of runserver; {port} is where it must listen: "
            "'gunicorn --bind 127.0.0.1:{port} shop.wsgi'.",
        )
        parser.add_argument("--noreload", action="store_true", help="Do not reload changed code.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Becomes the sidecar, or, with ``native``, what would be behind it.

        Args:
            *args: None.
            **options: ``addrport``, ``upstream_cmd``, ``noreload`` and those of all commands.

        Raises:
            CommandError: No binary, or an address that is none.
        """
        listen = _listen(options["addrport"])
        config = default_client.process.config
        environment = dict(os.environ)
        if config.native:
            port = str(_free_port())
            command = [part.replace("{port}", port) for part in _upstream(options)]
            environment |= {
                "REALTIME_NATIVE": "1",
                "REALTIME_LISTEN": listen,
                "REALTIME_UPSTREAM": f"http://127.0.0.1:{port}",
                "PORT": port,
            }
        else:
            binary = find_binary(os.environ)
            if binary is None:
                raise CommandError(NOT_FOUND)
            command = [binary, "run", f"--listen={listen}", f"--socket={config.socket_path}"]
            command += _upstream(options)
        Path(config.socket_path).parent.mkdir(parents=True, exist_ok=True)
        self.stdout.write(f"Pages and clients at http://{listen}/ (behind it: another port)")
        self.stdout.flush()
        try:
            os.execvpe(command[0], command, environment)
        except OSError as error:
            raise CommandError(f"cannot run {command[0]}: {error.strerror}") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listen(addrport: str) -> str:
    match = _ADDRESS.fullmatch(addrport)
    if match is None or int(match["port"]) > 65535:
        raise CommandError(f"{addrport!r} is no port or address:port")
    return f"{match['host'] or '127.0.0.1'}:{match['port']}"


def _upstream(options: dict[str, Any]) -> list[str]:
    if options["upstream_cmd"]:
        return shlex.split(options["upstream_cmd"])
    command = [sys.executable, sys.argv[0], "runserver", "127.0.0.1:{port}"]
    if not Path(sys.argv[0]).is_file():
        command[1:2] = ["-m", "django"]
    if options["noreload"]:
        command.append("--noreload")
    if options["pythonpath"]:
        command.append(f"--pythonpath={options['pythonpath']}")
    if options["settings"]:
        command.append(f"--settings={options['settings']}")
    return [*command, f"--verbosity={options['verbosity']}"]
