"""Signals about clients, for what is no handler: logs, counters, presence, audit.

    from django.dispatch import receiver
    from realtime_sidecar.django import client_connected

    @receiver(client_connected)
    def count(sender, namespace, socket_id, user_pk, **kwargs):
        ...

All are sent with ``ctx`` (what handlers get), ``namespace``, ``socket_id`` and ``user_pk`` (text
or None), and besides:

- `client_connected`, when no hook has refused the client; it is in right after;
- `event_received`, before the event's handlers, also where there is none: ``event``, ``args``
  (a list) and ``ack`` (whether the client wants one);
- `client_disconnected`, after the disconnect hooks: ``reason``.

They run in the process that handles the question, in its thread, before the answer, so a slow
receiver is a slow handler; and by ``send_robust``: one that raises is logged by Django and changes
nothing. A connect question may be asked twice when a worker dies, so `client_connected` may come
twice for one client. Nothing is paid where nobody listens: not even a question.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.dispatch import Signal

from realtime_sidecar._handler import Handler, Step

from .context import Context

client_connected = Signal()
client_disconnected = Signal()
event_received = Signal()


def heard(signal: Signal) -> bool:
    """Tells whether anybody listens.

    Args:
        signal: The signal.

    Returns:
        Whether.
    """
    return bool(signal.has_listeners(Context))


def step(signal: Signal, ctx: Context, is_async: bool, **values: Any) -> Step:
    """Makes the sending of a signal a step among the handlers of a question.

    Args:
        signal: The signal.
        ctx: What handlers get.
        is_async: Whether it is sent on the event loop.
        **values: Its further arguments.

    Returns:
        The step.
    """

    def arguments() -> dict[str, Any]:  # when it is sent: a hook before may have named the user
        known = {"namespace": ctx.namespace, "socket_id": ctx.id, "user_pk": ctx.user_pk}
        return {"sender": Context, "ctx": ctx, **known, **values}

    def send() -> None:
        signal.send_robust(**arguments())

    async def asend() -> None:
        robust = getattr(signal, "asend_robust", None)  # Django 5.0 and later
        if robust is None:
            await sync_to_async(send)()
        else:
            await robust(**arguments())

    return (Handler(asend if is_async else send, is_async, 0), ())
