"""System checks: each is met by what it is about, and by nothing else."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.conf import settings  # noqa: E402
from django.core import checks  # noqa: E402
from django.test import override_settings  # noqa: E402

from realtime_sidecar import default_client  # noqa: E402
from realtime_sidecar.django import conf  # noqa: E402
from support.forked import with_django  # noqa: E402
from support.script import Running  # noqa: E402
from support.servers import SOURCE  # noqa: E402


def found(deploy: bool = False, **changed: Any) -> dict[str, str]:
    """Runs the checks with other settings: id to text."""
    with override_settings(**changed):
        messages = checks.run_checks(tags=["realtime"], include_deployment_checks=deploy)
    assert all(message.hint for message in messages)
    return {str(message.id).removeprefix("realtime_sidecar."): message.msg for message in messages}


def test_a_site_that_is_well_has_none() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"handler_treads": 3}, "unknown setting 'handler_treads'"),
        ({"handler_threads": "3"}, "handler_threads must be a whole number"),
        ({"socket": "/tmp/" + "x" * 120}, "longer than the 103 bytes"),
        (["handler_threads"], "must be a dict"),
    ],
)
def test_settings_that_cannot_work(given: Any, text: str) -> None:
    (message,) = found(REALTIME=given).values()
    assert text in message
    assert list(found(REALTIME=given)) == ["E001"]


def test_no_secret_key(tmp_path: Path) -> None:
    code = (
        "from django.core import checks\n"
        "print([message.id for message in checks.run_checks(tags=['realtime'])])\n"
    )
    ended = site(tmp_path, "", "'realtime_sidecar.django'", code, secret_key="")
    assert ended == (0, "['realtime_sidecar.E002']\n", "")


def test_an_authenticator_that_is_not_there() -> None:
    assert list(found(REALTIME={"authenticators": ["shop.auth.by_card"]})) == ["E003"]
    assert found(REALTIME={"authenticators": ["os.path.join"]}) == {}


def test_no_binary_matters_in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REALTIME_BIN", raising=False)
    assert list(found(DEBUG=True)) == ["W001"]
    assert found(DEBUG=False) == {}
    monkeypatch.setenv("REALTIME_BIN", "/opt/realtime")
    assert found(DEBUG=True) == {}


def test_handlers_that_nobody_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain_wsgi.py").write_text("application = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    changed: dict[str, Any] = {
        "WSGI_APPLICATION": "plain_wsgi.application",
        "ROOT_URLCONF": "nowhere.urls",
    }
    assert "plain_wsgi.py takes none" in found(**changed)["W002"]
    assert found(REALTIME={"handle_in_web": False}, **changed) == {}
    assert "plain_wsgi" not in sys.modules  # looked at, not run
    monkeypatch.setattr(default_client.process.router, "handlers", list)
    assert found(**changed) == {}


def test_users_without_sessions() -> None:
    apps = [name for name in settings.INSTALLED_APPS if name != "django.contrib.sessions"]
    assert list(found(INSTALLED_APPS=apps)) == ["W003"]


@pytest.mark.parametrize(
    ("pool", "ids"), [({"max_size": 2}, ["W004"]), ({"max_size": 3}, []), (True, []), (None, [])]
)
def test_more_threads_than_connections(pool: Any, ids: list[str]) -> None:
    database = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"pool": pool}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(settings.DATABASES, "default", database)
        assert list(found()) == ids


def test_a_deployment_that_lets_everyone_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "W005" not in found(deploy=True)  # the site has a connect hook
    monkeypatch.setattr(default_client.process.router, "namespaces", lambda: ["/", "/chat"])
    assert found(deploy=True) == {
        "W005": "The namespace /chat lets everyone in: no hook guards it."
    }


def test_options_are_read_anew() -> None:
    with override_settings(REALTIME={"handle_in_web": False, "authenticators": ["a.b"]}):
        assert conf.options() == conf.Options(False, ("a.b",))
    assert conf.options().authenticators == ()


def site(
    tmp_path: Path, handlers: str, apps: str, code: str, secret_key: str = "x"
) -> tuple[int, str, str]:
    """Runs code in a small site of its own, with handlers in `stock/realtime.py`.

    Gives its exit code, its output and what it said of errors.
    """
    (tmp_path / "stock").mkdir()
    (tmp_path / "stock" / "__init__.py").touch()
    (tmp_path / "stock" / "realtime.py").write_text(handlers)
    head = (
        "import django\nfrom django.conf import settings\n"
        f"settings.configure(SECRET_KEY={secret_key!r}, INSTALLED_APPS=[{apps}, 'stock'])\n"
        "django.setup()\n"
    )
    environment = {"PYTHONPATH": f"{SOURCE}:{tmp_path}"}
    running = Running(with_django(), "-c", head + code, folder=tmp_path, environment=environment)
    with contextlib.closing(running):
        return running.ended()


def test_a_broken_realtime_module_is_loud(tmp_path: Path) -> None:
    code, _, errors = site(tmp_path, "import no_such_module\n", "'realtime_sidecar.django'", "")
    assert code != 0
    assert "no_such_module" in errors


def test_the_short_name_of_the_app_works_too(tmp_path: Path) -> None:
    handlers = (
        "from realtime_sidecar.django import on\n@on('a', namespace='/a')\ndef a(ctx): pass\n"
    )
    code = (
        "from django.apps import apps\nfrom realtime_sidecar import default_client\n"
        "assert apps.get_app_config('realtime_sidecar').name == 'realtime_sidecar.django'\n"
        "print(default_client.process.router.namespaces())\n"
    )
    ended = site(tmp_path, handlers, "'realtime_sidecar'", code)
    assert ended == (0, "['/', '/a']\n", "")
