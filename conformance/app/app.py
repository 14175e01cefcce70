"""The app behind the sidecar in the conformance tests, in Python. app.rb is the same in Ruby.

The first half is what the official Socket.IO protocol suite expects of a server; the second half
gives the tests with real clients something to hold on to. It ends when its standard input does.
"""

import os
import sys

import realtime_sidecar as realtime


def echo(namespace: str) -> None:
    @realtime.on_connect(namespace=namespace)
    def connect(socket, auth):
        if auth and "reject" in auth:
            realtime.reject(auth["reject"], {"code": 7})
        if auth and "user" in auth:
            socket.user = auth["user"]
        socket.emit("auth", auth or {})

    @realtime.on("message", namespace=namespace)
    def message(socket, *args):
        socket.emit("message-back", *args)

    @realtime.on("message-with-ack", namespace=namespace)
    def message_with_ack(socket, *args):
        return realtime.ack(*args)


echo("/")
echo("/custom")


@realtime.on("join")
def join(socket, room):
    socket.join(room)
    return room


@realtime.on("leave")
def leave(socket, room):
    socket.leave(room)
    return room


@realtime.on("say")
def say(socket, room, text):
    socket.to(room).emit("said", text)


@realtime.on("shout")
def shout(socket, text):
    socket.broadcast.emit("shouted", text)


@realtime.on("everyone")
def everyone(socket, text):
    realtime.emit("heard", text)


@realtime.on("to-user")
def to_user(socket, user, text):
    realtime.to_user(user).emit("personal", text)


@realtime.on("ask-me")
def ask_me(socket, question):
    return socket.call("question", question, timeout=2)


@realtime.on("count")
def count(socket, room):
    return realtime.count(to=room)


@realtime.on("kick")
def kick(socket, close):
    socket.disconnect(close=close)


@realtime.on("fail")
def fail(socket):
    raise RuntimeError("as asked")


@realtime.on("pid")
def pid(socket):
    return os.getpid()


realtime.serve()
sys.stdin.read()
realtime.stop()
