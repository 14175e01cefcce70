"""``manage.py realtime``: looks at a running sidecar, and emits through it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from realtime_sidecar import NotConnectedError, RealtimeError, default_client
from realtime_sidecar._answers import SocketInfo
from realtime_sidecar._cli import NOT_FOUND, find_binary
from realtime_sidecar.django import conf

PAGE: Final = 500  # sockets asked for at a time
SECRET: Final = frozenset({"token", "secret", "keys"})  # settings that are never printed


class Command(BaseCommand):
    """Looks at the sidecar from this project's side; each action's help says what it prints."""

    help = "Looks at a running sidecar, and emits through it."
    requires_system_checks = ()  # `check` makes them; the others must work without

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the actions.

        Args:
            parser: Of this command.
        """
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        status = actions.add_parser("status", help="The sidecar's counters; fails without one.")
        status.add_argument("--json", action="store_true", help="As JSON.")
        actions.add_parser("config", help="The effective settings of this project.")
        actions.add_parser("check", help="Binary, settings, handlers and the link, one by one.")
        sockets = actions.add_parser("sockets", help="Who is connected, a line for each.")
        emit = actions.add_parser("emit", help="Emits an event, and waits until it is accepted.")
        emit.add_argument("event", help="Its name.")
        emit.add_argument(
            "values",
            nargs="*",
            metavar="arg",
            help="Its arguments, each as JSON; what is not JSON is a text.",
        )
        for action in (sockets, emit):
            action.add_argument("--namespace", default="/", help="The namespace. [/]")
            action.add_argument("--to", action="append", metavar="ROOM", help="Room or socket id.")
            action.add_argument("--user", action="append", help="Primary key of a user.")
        sockets.add_argument("--limit", type=int, default=100, help="Lines at most. [100]")

    def handle(self, *args: Any, **options: Any) -> None:
        """Does the action.

        Args:
            *args: None.
            **options: ``action`` and its own.

        Raises:
            CommandError: Whatever is wrong, in one line.
        """
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "status": self._status,
            "config": self._config,
            "check": self._check,
            "sockets": self._sockets,
            "emit": self._emit,
        }
        try:
            actions[options["action"]](options)
        except RealtimeError as error:
            raise CommandError(str(error)) from error

    def _status(self, options: dict[str, Any]) -> None:
        stats = default_client.stats()
        if options["json"]:
            self.stdout.write(json.dumps(stats, indent=2, sort_keys=True, default=str))
            return
        link = default_client.process.status()
        self.stdout.write(f"connected to {link.node or 'the sidecar'} by {link.socket_path}")
        for name in sorted(stats):
            self.stdout.write(f"{name:<24} {stats[name]}")

    def _config(self, options: dict[str, Any]) -> None:
        config = default_client.process.config
        for settings in (config, conf.options()):
            for field in dataclasses.fields(settings):
                value = getattr(settings, field.name)
                shown = getattr(value, "__qualname__", value)
                if field.name in SECRET and value:
                    shown = "(set)"
                self.stdout.write(f"{field.name:<18} {shown}")
        self.stdout.write(f"{'socket_path':<18} {config.socket_path}")

    def _check(self, options: dict[str, Any]) -> None:
        binary = find_binary(os.environ)
        self.stdout.write(f"binary     {binary or NOT_FOUND}")
        router = default_client.process.router
        handled = f"{len(router.handlers())} in {', '.join(router.served())}"
        self.stdout.write(f"handlers   {handled}")
        self.check(tags=["realtime"], display_num_errors=True)
        try:
            default_client.stats()
        except NotConnectedError as error:
            raise CommandError(f"link       {error}") from error
        self.stdout.write(
            self.style.SUCCESS(f"link       {default_client.process.status().socket_path}")
        )

    def _sockets(self, options: dict[str, Any]) -> None:
        left, after, select = options["limit"], None, _select(options)
        while left > 0:
            page = default_client.sockets(limit=min(left, PAGE), after=after, **select)
            for info in page:
                self.stdout.write(_line(info))
            left, after = left - len(page), page.next
            if page.unanswered:
                self.stderr.write(f"not asked: {', '.join(page.unanswered)}")
            if after is None:
                return
        if after is not None:
            self.stderr.write(f"there are more; this was --limit={options['limit']}")

    def _emit(self, options: dict[str, Any]) -> None:
        values = [_value(text) for text in options["values"]]
        default_client.emit(options["event"], *values, confirm=True, **_select(options))


def _select(options: dict[str, Any]) -> Any:
    """Gives the keywords; one that was not given must stay absent, since empty is nobody."""
    given = {"to": options["to"], "users": options["user"]}
    named = {name: value for name, value in given.items() if value is not None}
    return {"namespace": options["namespace"], **named}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _line(info: SocketInfo) -> str:
    user = "-" if info.user is None else info.user
    rooms = ",".join(sorted(info.rooms)) or "-"
    return f"{info.id} {info.namespace} user={user} {info.transport} {info.address} rooms={rooms}"
