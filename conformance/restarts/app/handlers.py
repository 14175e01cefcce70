"""What every process of the app that takes events loads. handlers.rb is the same in Ruby."""

import os
import time

import realtime_sidecar as realtime

from journal import note

WORK = 0.04
"""Seconds: as long as some queries, so that who kills this process meets it at work."""


def admit(socket, auth):
    claims = auth or socket.handshake.query  # of clients from before 3.x
    valid = isinstance(claims, dict) and claims.get("ticket") == "valid"
    note("asked", socket=socket.id, admitted=valid)
    if not valid:
        realtime.reject("no ticket")


if os.environ.get("HOOK") != "none":  # else code of a deploy that has not heard of tickets yet
    realtime.on_connect(admit)


@realtime.on("number")
def number(socket, n):
    facts = {"id": socket.event_id, "socket": socket.id, "n": n, "attempt": socket.attempt}
    note("begin", **facts)
    time.sleep(WORK)
    socket.emit("seen", n)
    note("end", **facts)
    return realtime.ack(socket.event_id, socket.attempt)


@realtime.on("last")
def last(socket):
    """Behind everything that was sent before; says who that was."""
    return socket.id
