from __future__ import annotations

import os
from typing import Any

from django.db import connection

import realtime_sidecar as realtime
from realtime_sidecar import Socket


@realtime.on_connect
def connect(socket: Socket, auth: Any) -> None:
    if auth == "refuse":
        realtime.reject("not for you", {"retry": False})
    socket.join("orders")
    socket.user = 7


@realtime.on_disconnect
def disconnect(socket: Socket, reason: str) -> None:
    realtime.emit("left", socket.user, reason)


@realtime.on("ask")
def ask(socket: Socket, number: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("select %s + 1", [number])
        row = cursor.fetchone()
    return [row[0], os.getpid()]


@realtime.on("echo")
async def echo(socket: Socket, *args: Any) -> realtime.Ack:
    await socket.aemit("heard", *args)
    return realtime.ack(*args)
