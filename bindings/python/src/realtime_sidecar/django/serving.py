"""Which processes take events: those that load wsgi.py or asgi.py, and only those.

Only a web server loads that module: gunicorn's workers, uvicorn's processes, `runserver`'s child.
Commands, shells, tests, migrations and Celery never do, so they stay emitters and connect with
their first emit only. That is why serving begins there, by one line, instead of in
``AppConfig.ready``, which every one of those processes runs and which could only guess.

A gunicorn or uWSGI master that preloads the app loads the module too; there nothing starts, and
each worker starts after its fork. Where a server ends without a word (uvicorn raises SIGTERM
again once it has shut down), the ASGI lifespan's end stops the link in order; elsewhere the
interpreter's exit does.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar, cast

from realtime_sidecar import default_client

from . import conf

Application = TypeVar("Application", bound=Callable[..., Any])
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def serve(application: Application) -> Application:
    """Makes this process take connects and events; in a preloading master, its workers.

    With ``REALTIME = {"handle_in_web": False}`` it takes none, and ``manage.py realtime_worker``
    does.

    Args:
        application: Django's WSGI or ASGI application.

    Returns:
        It; an ASGI one is wrapped, to hear of the server's shutdown.
    """
    if conf.options().handle_in_web:
        default_client.process.serve()
    if not _is_asgi(application):
        return application

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await application(scope, receive, send)

    return cast(Application, wrapped)


def _is_asgi(application: Callable[..., Any]) -> bool:
    call = getattr(application, "__call__", None)  # noqa: B004 - its kind is asked, not whether
    return inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(call)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Answers the server's lifespan protocol, which Django itself does not speak."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(default_client.process.stop, "shutdown")
            await send({"type": "lifespan.shutdown.complete"})
            return
