"""Django: everything of `realtime_sidecar`, at home in a Django project.

    # settings.py
    INSTALLED_APPS = [..., "realtime_sidecar.django"]
    REALTIME = {"handler_threads": 4}      # optional: fields of Config, and `conf.Options`

    # wsgi.py (or asgi.py with get_asgi_application)
    from realtime_sidecar.django import serve
    application = serve(get_wsgi_application())

    # realtime.py of any installed app
    from realtime_sidecar.django import login_required, on, to

    @on("message", namespace="/chat")
    @login_required
    def message(ctx, text):
        ctx.to("lobby").emit("message", ctx.user.get_username(), text)
        return "delivered"

Handlers get a `Context`: a socket with ``user``, ``session`` and, in connect hooks, ``request``.
"""

from __future__ import annotations

from realtime_sidecar import (
    Ack,
    Deferred,
    Socket,
    acall,
    ack,
    acount,
    adisconnect,
    aemit,
    ajoin,
    aleave,
    arooms,
    aset,
    asockets,
    batch,
    call,
    count,
    defer,
    disconnect,
    emit,
    except_,
    in_,
    join,
    leave,
    of,
    on,
    on_any,
    on_connect,
    on_disconnect,
    on_reset,
    on_server_event,
    reject,
    rooms,
    send,
    server_emit,
    set,
    sockets,
    to,
    to_user,
)

from .broadcast import broadcast_on_save, suppress
from .context import Context, Session
from .login import user
from .names import room
from .permissions import login_required, permission_required, user_passes_test
from .serving import serve
from .signals import client_connected, client_disconnected, event_received
from .tokens import room_token, token

__all__ = [
    "serve",
    # handlers
    "on", "on_connect", "on_disconnect", "on_any", "on_server_event", "on_reset",
    "reject", "ack", "defer", "Ack", "Deferred", "Context", "Session", "Socket",
    "login_required", "permission_required", "user_passes_test",
    # signals
    "client_connected", "client_disconnected", "event_received",
    # emits
    "emit", "aemit", "send", "batch", "call", "acall", "server_emit",
    "to", "of", "in_", "to_user", "except_", "user", "room",
    "broadcast_on_save", "suppress",
    # tokens
    "token", "room_token",
    # sockets
    "join", "ajoin", "leave", "aleave", "disconnect", "adisconnect", "set", "aset",
    "sockets", "asockets", "count", "acount", "rooms", "arooms",
]  # fmt: skip
