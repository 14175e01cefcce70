"""Socket.IO for Python apps, through a sidecar that owns the connections.

    import realtime_sidecar as realtime

    realtime.emit("order.paid", {"id": 7}, to="orders")

    @realtime.on("chat message")
    def chat(socket, text):
        socket.broadcast.emit("chat message", text)
        return "delivered"

Nothing connects at import. Emits never wait and never raise for a sidecar that is away; what
waits says so, is bounded, and has an async twin with an ``a`` in front. Handlers run in processes
that call `serve` (in Django: through ``realtime_sidecar.django.serve`` in wsgi.py or asgi.py).
With ``start(native=True, listen=":8000")`` the server itself runs in this process.
"""

from __future__ import annotations

from ._acks import Ack, Deferred, ack, defer
from ._answers import CallResult, ClientAck, Handshake, SocketInfo, SocketPage
from ._client import Client
from ._native import NativeServer
from ._selection import Selection
from ._socket import Socket
from ._status import Status
from ._version import __version__
from .config import Config
from .errors import (
    AnswerTimeoutError,
    BlockingCallError,
    ConfigurationError,
    EncodeError,
    InTransactionError,
    LinkError,
    NativeError,
    NotConnectedError,
    ProtocolError,
    RealtimeError,
    Rejection,
    RequestError,
)

default_client = Client()
"""The client whose methods are this module's functions."""

configure = default_client.process.configure
start = default_client.process.start
serve = default_client.process.serve
run = default_client.process.run
stop = default_client.process.stop
status = default_client.process.status
native_server = default_client.process.native_server

emit = default_client.emit
aemit = default_client.aemit
send = default_client.send
call = default_client.call
acall = default_client.acall
emit_with_ack = default_client.emit_with_ack
aemit_with_ack = default_client.aemit_with_ack
batch = default_client.batch

of = default_client.of
to = default_client.to
in_ = default_client.in_
to_user = default_client.to_user
except_ = default_client.except_
except_user = default_client.except_user
volatile = default_client.volatile
compress = default_client.compress
local = default_client.local

join = default_client.join
ajoin = default_client.ajoin
leave = default_client.leave
aleave = default_client.aleave
disconnect = default_client.disconnect
adisconnect = default_client.adisconnect
sockets = default_client.sockets
asockets = default_client.asockets
count = default_client.count
acount = default_client.acount
rooms = default_client.rooms
arooms = default_client.arooms
set = default_client.set
aset = default_client.aset
token = default_client.token
room_token = default_client.room_token
server_emit = default_client.server_emit
aserver_emit = default_client.aserver_emit
stats = default_client.stats
astats = default_client.astats

on = default_client.process.router.on
on_connect = default_client.process.router.on_connect
on_disconnect = default_client.process.router.on_disconnect
on_any = default_client.process.router.on_any
on_server_event = default_client.process.router.on_server_event
on_reset = default_client.process.router.on_reset
reject = default_client.reject

__all__ = [
    "__version__",
    # life
    "configure", "start", "serve", "run", "stop", "status", "native_server",
    "Client", "Config", "Status", "NativeServer", "default_client",
    # emits
    "emit", "aemit", "send", "call", "acall", "emit_with_ack", "aemit_with_ack", "batch",
    # chains
    "of", "to", "in_", "to_user", "except_", "except_user", "volatile", "compress", "local",
    "Selection",
    # sockets and the sidecar
    "join", "ajoin", "leave", "aleave", "disconnect", "adisconnect", "sockets", "asockets",
    "count", "acount", "rooms", "arooms", "set", "aset", "server_emit", "aserver_emit",
    "token", "room_token", "stats", "astats", "CallResult", "ClientAck", "SocketInfo", "SocketPage",
    # handlers
    "on", "on_connect", "on_disconnect", "on_any", "on_server_event", "on_reset",
    "reject", "ack", "defer", "Ack", "Deferred", "Socket", "Handshake",
    # errors
    "RealtimeError", "ConfigurationError", "EncodeError", "BlockingCallError",
    "InTransactionError", "RequestError", "NativeError",
    "LinkError", "NotConnectedError", "AnswerTimeoutError", "ProtocolError", "Rejection",
]  # fmt: skip
