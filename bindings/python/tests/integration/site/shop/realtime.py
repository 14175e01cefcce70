from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.db import connection

import realtime_sidecar as realtime
from realtime_sidecar import Socket
from realtime_sidecar.django import Context, login_required, on, on_connect, user_passes_test


@on_connect
def connect(ctx: Context, auth: Any) -> None:
    if auth == {"as": "anyone"}:
        realtime.reject("not for you", {"retry": False})
    if auth == {"as": "staff"}:
        staff(ctx)
    ctx.join("orders")


@user_passes_test(lambda user: user.is_staff, message="staff only")
def staff(ctx: Context) -> None: ...


@realtime.on_disconnect
def disconnect(socket: Context, reason: str) -> None:
    realtime.emit("left", socket.user_pk, reason)


@on("who")
def who(ctx: Context) -> dict[str, Any]:
    return {"name": ctx.user.get_username(), "session": ctx.session.get("_auth_user_id")}


@on("awho")
async def awho(ctx: Context) -> dict[str, Any]:
    user, session = await ctx.auser(), await ctx.asession()
    return {"name": user.get_username(), "session": session.get("_auth_user_id")}


@on("private")
@login_required(on_denied={"error": "sign in"})
def private(ctx: Context) -> str:
    return f"for {ctx.user.get_username()}"


@on("wait for")
def wait_for(ctx: Context, pipe: str) -> None:
    ctx.emit("waiting", os.getpid())
    ctx.emit("got", Path(pipe).read_text())


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
