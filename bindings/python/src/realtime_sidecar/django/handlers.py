"""What Django does around the handlers of one question of the sidecar.

Database connections are closed around them as around a request; before a connect hook the client
is identified; after it, and around events and disconnects, the signals are sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections, connections, reset_queries

from realtime_sidecar import Socket
from realtime_sidecar._handler import Handler, Step
from realtime_sidecar._surroundings import Surroundings

from . import signals
from .context import Context, knows_users


def surroundings() -> Surroundings:
    """Makes what Django puts around handlers, from the settings.

    Returns:
        It, for `Process.surround`.
    """
    ages = [settings.get("CONN_MAX_AGE") or 0 for settings in connections.settings.values()]
    return Surroundings(
        socket=Context,
        around=database_connections,
        aaround=adatabase_connections,
        hooks=hooks,
        steps=steps,
        denials=(PermissionDenied,),
        idle=close_old_connections,
        idle_after=max(ages) + 1 if any(ages) else None,
    )


def hooks() -> list[str]:
    """Names the hooks that Django itself has in this project, for the greeting.

    Returns:
        ``connect`` where clients are identified or announced, ``disconnect`` where they are
        announced.
    """
    connects = knows_users() or signals.heard(signals.client_connected)
    disconnects = signals.heard(signals.client_disconnected)
    return ["connect"] * connects + ["disconnect"] * disconnects


def steps(method: str, socket: Socket, params: dict[str, Any], app_steps: list[Step]) -> list[Step]:
    """Puts Django's own steps around the app's; sees `Surroundings.steps`.

    Args:
        method: ``connect``, ``event`` or ``disconnect``.
        socket: The context.
        params: The question.
        app_steps: The app's.

    Returns:
        All. They stay on the event loop where all of the app's are ``async``.
    """
    assert isinstance(socket, Context)
    is_async = bool(app_steps) and all(handler.is_async for handler, _ in app_steps)
    if method == "connect":
        return _connect_steps(socket, is_async, app_steps)
    if method == "event" and signals.heard(signals.event_received):
        values = {"event": params["event"], "args": params["args"], "ack": bool(params.get("ack"))}
        return [signals.step(signals.event_received, socket, is_async, **values), *app_steps]
    if method == "disconnect" and signals.heard(signals.client_disconnected):
        reason = params.get("reason", "")
        told = signals.step(signals.client_disconnected, socket, is_async, reason=reason)
        return [*app_steps, told]
    return app_steps


def _connect_steps(socket: Context, is_async: bool, app_steps: list[Step]) -> list[Step]:
    before: list[Step] = []
    after: list[Step] = []
    if knows_users():
        before.append((Handler(_aidentify if is_async else _identify, is_async, 1), (socket,)))
    if signals.heard(signals.client_connected):
        after.append(signals.step(signals.client_connected, socket, is_async))
    return [*before, *app_steps, *after]


def _identify(socket: Context) -> None:
    from .auth import identify  # its models are there only once Django is ready

    socket.identified(identify(socket.request, socket.auth, socket.claims))


async def _aidentify(socket: Context) -> None:
    await sync_to_async(_identify)(socket)


@contextlib.contextmanager
def database_connections() -> Iterator[None]:
    """Does for one event what Django does for one request.

    Connections that are old or broken are closed before and after it, and the list of queries
    that ``DEBUG`` keeps is emptied before it.

    Yields:
        Once, for the handlers.
    """
    _begin()
    try:
        yield
    finally:
        close_old_connections()


@contextlib.asynccontextmanager
async def adatabase_connections() -> AsyncIterator[None]:
    """Does the same for async handlers, whose ORM calls run on a thread of their own per event.

    Yields:
        Once, for the handlers.
    """
    async with ThreadSensitiveContext():
        await sync_to_async(_begin)()
        try:
            yield
        finally:
            await sync_to_async(close_old_connections)()


def _begin() -> None:
    reset_queries()
    close_old_connections()
