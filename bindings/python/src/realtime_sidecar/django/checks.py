"""System checks, tagged ``realtime``; each says what to do.

| id | |
|---|---|
| realtime_sidecar.E001 | ``settings.REALTIME``: an unknown key, a wrong value, a path too long |
| realtime_sidecar.E002 | ``SECRET_KEY`` is missing, from which the keys of tokens are derived |
| realtime_sidecar.E003 | an authenticator cannot be imported |
| realtime_sidecar.W001 | ``DEBUG`` without a binary to run, and not ``native`` |
| realtime_sidecar.W002 | there are handlers, but no process that takes events |
| realtime_sidecar.W003 | users without sessions: clients without a token are anonymous |
| realtime_sidecar.W004 | more handler threads than connections in the database's pool |
| realtime_sidecar.W005 | deployment: a namespace lets everyone in |
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from realtime_sidecar import ConfigurationError, default_client
from realtime_sidecar._cli import find_binary
from realtime_sidecar.config import load

from . import conf
from .context import knows_users

TAG: Final = "realtime"
Message = checks.CheckMessage

_SERVE_HINT: Final = (
    "Add `from realtime_sidecar.django import serve` to the module that your web server loads, "
    "and `application = serve(application)` at its end; or set "
    'REALTIME = {"handle_in_web": False} and run `manage.py realtime_worker`.'
)


def register() -> None:
    """Registers the checks; Django runs them with its own."""
    for check in (check_settings, check_surroundings, check_handlers):
        checks.register(check, TAG)
    checks.register(check_deployment, TAG, deploy=True)


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[Message]:
    """Checks ``settings.REALTIME`` and what is made from ``SECRET_KEY``.

    Args:
        app_configs: Ignored: the settings belong to the whole project.
        **kwargs: Ignored.

    Returns:
        What is wrong.
    """
    found: list[Message] = []
    try:
        options = conf.options()
        load(conf.core_settings())
    except (ConfigurationError, ImproperlyConfigured) as error:
        hint = f"Besides the core's settings there are: {', '.join(sorted(conf.OPTION_NAMES))}."
        return [_error(1, f"settings.REALTIME: {error}", hint)]
    try:
        settings.SECRET_KEY  # noqa: B018 - Django raises when it is empty
    except ImproperlyConfigured as error:
        found.append(_error(2, str(error), "The keys of tokens and sessions are made from it."))
    for path in options.authenticators:
        try:
            import_string(path)
        except ImportError as error:
            text = f"REALTIME['authenticators']: {path!r} cannot be imported: {error}"
            found.append(_error(3, text, "Name a callable by its dotted path."))
    return found


def check_surroundings(app_configs: Any = None, **kwargs: Any) -> list[Message]:
    """Checks what handlers need around them: a binary, sessions, database connections.

    Args:
        app_configs: Ignored.
        **kwargs: Ignored.

    Returns:
        What is doubtful.
    """
    found: list[Message] = []
    if settings.DEBUG and not _native() and find_binary(os.environ) is None:
        text = "There is no `realtime` binary, so `manage.py runrealtime` cannot start one."
        hint = "Install a wheel that carries it, put it in PATH, or name it with REALTIME_BIN."
        found.append(_warning(1, text, hint))
    if knows_users() and not apps.is_installed("django.contrib.sessions"):
        text = "django.contrib.auth is installed without django.contrib.sessions."
        hint = "Clients are anonymous unless they bring a token; install the sessions app."
        found.append(_warning(3, text, hint))
    threads = _handler_threads()
    for alias, size in _pools():
        if threads > size:
            text = (
                f"REALTIME['handler_threads'] is {threads}, but the pool of DATABASES[{alias!r}] "
                f"gives {size} connections, which the process's web requests share."
            )
            found.append(_warning(4, text, "Raise the pool's max_size, or lower handler_threads."))
    return found


def check_handlers(app_configs: Any = None, **kwargs: Any) -> list[Message]:
    """Checks that somebody takes the events that handlers wait for.

    Args:
        app_configs: Ignored.
        **kwargs: Ignored.

    Returns:
        What is doubtful.
    """
    if not default_client.process.router.handlers() or not _options().handle_in_web:
        return []
    sources = list(_entry_points())
    if not sources or any("realtime_sidecar" in path.read_text("utf-8") for path in sources):
        return []
    names = ", ".join(path.name for path in sources)
    text = f"There are handlers for clients' events, but {names} takes none: serve() is missing."
    return [_warning(2, text, _SERVE_HINT)]


def check_deployment(app_configs: Any = None, **kwargs: Any) -> list[Message]:
    """Checks that clients are let in by somebody's decision.

    Args:
        app_configs: Ignored.
        **kwargs: Ignored.

    Returns:
        A warning for each namespace without a connect hook.
    """
    router = default_client.process.router
    hint = (
        "Add a connect hook, such as `@on_connect(namespace=...)` above `@login_required` above "
        "`def connect(ctx): ...`; or silence this check if everyone may listen."
    )
    return [
        _warning(5, f"The namespace {name} lets everyone in: no hook guards it.", hint)
        for name in router.open()
    ]


def _entry_points() -> Iterator[Path]:
    """Finds the modules web servers load, without importing them: that would begin to serve."""
    named = [getattr(settings, f"{kind}_APPLICATION", None) for kind in ("WSGI", "ASGI")]
    modules = [name.rpartition(".")[0] for name in named if name]
    project = settings.ROOT_URLCONF.rpartition(".")[0] if hasattr(settings, "ROOT_URLCONF") else ""
    prefix = f"{project}." if project else ""
    for module in dict.fromkeys((*modules, f"{prefix}wsgi", f"{prefix}asgi")):
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.origin and spec.origin.endswith(".py"):
            yield Path(spec.origin)


def _pools() -> Iterator[tuple[str, int]]:
    """Finds databases with a pool of connections, as Django 5.1 and later have for PostgreSQL."""
    for alias, database in settings.DATABASES.items():
        pool = database.get("OPTIONS", {}).get("pool")
        if pool:
            given = pool if isinstance(pool, dict) else {}
            least = given.get("min_size", 4)  # psycopg's own default
            yield alias, given.get("max_size") or least


def _native() -> bool:
    try:
        return default_client.process.config.native
    except ConfigurationError:
        return False  # E001 has it


def _handler_threads() -> int:
    try:
        return default_client.process.config.handler_threads
    except ConfigurationError:
        return 0  # E001 has it


def _options() -> conf.Options:
    try:
        return conf.options()
    except ImproperlyConfigured:
        return conf.Options()  # E001 has it


def _error(number: int, text: str, hint: str) -> Message:
    return checks.Error(text, hint=hint, id=f"realtime_sidecar.E{number:03}")


def _warning(number: int, text: str, hint: str) -> Message:
    return checks.Warning(text, hint=hint, id=f"realtime_sidecar.W{number:03}")
