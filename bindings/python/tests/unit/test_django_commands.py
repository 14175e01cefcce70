"""What commands of manage.py print and refuse, as far as it needs no running sidecar."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.core.management import CommandError, call_command  # noqa: E402
from django.test import override_settings  # noqa: E402

from realtime_sidecar import Client, default_client  # noqa: E402
from realtime_sidecar.testing import outbox  # noqa: E402

COMMANDS = "realtime_sidecar.django.management.commands"


class Became(Exception):
    """What `exec` would have made of this process."""

    environment: dict[str, str]


@pytest.fixture
def becomes(monkeypatch: pytest.MonkeyPatch) -> None:
    def execvpe(path: str, arguments: list[str], environment: dict[str, str]) -> None:
        became = Became(path, *arguments)
        became.environment = environment
        raise became

    monkeypatch.setattr(os, "execvpe", execvpe)
    monkeypatch.setenv("REALTIME_BIN", "/opt/realtime")


def said(*arguments: str, **options: Any) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output, **options)
    return output.getvalue()


@pytest.mark.parametrize("address", ["99999", "nowhere", "127.0.0.1:http", ""])
def test_runrealtime_refuses_what_is_no_address(address: str) -> None:
    with pytest.raises(CommandError, match="is no port or address:port"):
        said("runrealtime", address)


def test_runrealtime_without_a_binary_says_where_it_looked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REALTIME_BIN", raising=False)
    with pytest.raises(CommandError, match="REALTIME_BIN"):
        said("runrealtime")


@pytest.mark.usefixtures("becomes")
@pytest.mark.parametrize(
    ("address", "listen"),
    [("8001", "127.0.0.1:8001"), ("0.0.0.0:80", "0.0.0.0:80"), ("[::1]:8000", "[::1]:8000")],
)
def test_runrealtime_becomes_the_sidecar(address: str, listen: str) -> None:
    with pytest.raises(Became) as became:
        said("runrealtime", address, "--noreload", "--settings=settings")
    path, *arguments = became.value.args
    assert path == "/opt/realtime"
    socket = default_client.process.config.socket_path
    assert arguments[:4] == ["/opt/realtime", "run", f"--listen={listen}", f"--socket={socket}"]
    upstream = ["runserver", "127.0.0.1:{port}", "--noreload", "--settings=settings"]
    assert arguments[-5:] == [*upstream, "--verbosity=1"]


@pytest.mark.usefixtures("becomes")
def test_runrealtime_starts_another_server_if_told() -> None:
    with pytest.raises(Became) as became:
        said("runrealtime", upstream_cmd="gunicorn --bind '127.0.0.1:{port}' shop.wsgi")
    assert became.value.args[-4:] == ("gunicorn", "--bind", "127.0.0.1:{port}", "shop.wsgi")


@pytest.mark.usefixtures("becomes")
def test_runrealtime_with_the_server_inside_becomes_runserver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(native=True)
    monkeypatch.setattr(f"{COMMANDS}.runrealtime.default_client", client)
    with pytest.raises(Became) as became:
        said("runrealtime", "8001", "--noreload")
    environment = became.value.environment
    upstream = environment["REALTIME_UPSTREAM"].removeprefix("http://")
    assert environment["REALTIME_LISTEN"] == "127.0.0.1:8001"
    assert environment["REALTIME_NATIVE"] == "1"
    assert became.value.args[0] == sys.executable
    assert became.value.args[-4:] == ("runserver", upstream, "--noreload", "--verbosity=1")


def test_realtime_config_shows_settings_and_no_secret() -> None:
    lines = [line.split() for line in said("realtime", "config").splitlines()]
    assert ["handler_threads", "3"] in lines
    assert ["handle_in_web", "True"] in lines
    before = default_client.process.config.token
    default_client.process.configure(token="sesame")
    try:
        assert "sesame" not in said("realtime", "config")
    finally:
        default_client.process.configure(token=before)


def test_realtime_emit_reads_arguments_as_json_or_text() -> None:
    with outbox() as sent:
        said("realtime", "emit", "news", '{"n": 1}', "plain", "7", "--to", "a", "--to", "b")
        said("realtime", "emit", "all", "--user", "7", "--namespace", "/chat")
    assert sent.emitted("news", {"n": 1}, "plain", 7, to=["a", "b"])
    assert sent.emitted("all", users=["7"], namespace="/chat")[0].to is None


def test_realtime_without_a_sidecar_is_one_line_and_an_exit_code(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(socket="/tmp/no-such-sidecar", emit_timeout=0.05)
    monkeypatch.setattr(f"{COMMANDS}.realtime.default_client", client)
    with pytest.raises(CommandError, match="no sidecar at /tmp/no-such-sidecar"):
        said("realtime", "status")


def test_realtime_worker_refuses_no_threads() -> None:
    with pytest.raises(CommandError, match="at least 1"):
        said("realtime_worker", threads=0)


@override_settings(REALTIME={"no_such_setting": 1})
def test_realtime_worker_makes_the_checks_first() -> None:
    with pytest.raises(CommandError, match=r"realtime_sidecar\.E001"):
        said("realtime_worker")
