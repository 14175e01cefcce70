"""The app behind the sidecar in the conformance tests, in Python. app.rb is the same in Ruby.

The first part is what the official Socket.IO protocol suite expects of a server; the second gives the
tests with real clients something to hold on to; the third is for clients of all generations, with
words that the app itself originates. It ends when its standard input does.
"""

import os
import sys

import realtime_sidecar as realtime


def echo(namespace: str) -> None:
    @realtime.on_connect(namespace=namespace)
    def connect(socket, auth):
        # Clients before 3.x say in the handshake's query what later ones say in auth.
        claims = auth or socket.handshake.query
        words = claims.get("reject") or claims.get(f"reject {namespace}")
        if words:
            realtime.reject(words, {"code": 7})
        if "user" in claims:
            socket.user = claims["user"]
        socket.emit("auth", auth or {})
        if socket.recovered:
            socket.emit("welcome-back", socket.id)

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


@realtime.on("fail")
def fail(socket):
    raise RuntimeError("as asked")


@realtime.on("pid")
def pid(socket):
    return os.getpid()


WORDS = "é 漢字 👩‍🚀"
PICTURE = {"name": WORDS, "parts": [bytes([0, 127, 128, 255]), {"deep": b""}]}


def everywhere(namespace: str) -> None:
    @realtime.on("who-am-i", namespace=namespace)
    def who_am_i(socket):
        return {"id": socket.id, "dialect": socket.dialect, "transport": socket.transport}

    @realtime.on("kick", namespace=namespace)
    def kick(socket, close):
        socket.disconnect(close=close)


everywhere("/")
everywhere("/custom")


@realtime.on("greet")
def greet(socket):
    socket.emit("greeting", WORDS, {"of": [1, None, {WORDS: True}]})


@realtime.on("characters")
def characters(socket, text):
    return [ord(character) for character in text]


@realtime.on("show")
def show(socket):
    socket.emit("picture", PICTURE, "beside it")


@realtime.on("recognise")
def recognise(socket, value):
    return value == PICTURE and isinstance(value["parts"][0], bytes)


@realtime.on("ask")
def ask(socket, *question):
    return socket.call("question", *question, timeout=5)


@realtime.on("ask-all")
def ask_all(socket, room, question):
    return realtime.call("question", question, to=room, timeout=20).values


@realtime.on("ask-for-picture")
def ask_for_picture(socket):
    return socket.call("picture-please", timeout=5) == PICTURE


@realtime.on("count-to")
def count_to(socket, n):
    for i in range(n):
        socket.emit("number", i)


@realtime.on("write")
def write(socket, length):
    socket.emit("letter", WORDS * (length // len(WORDS.encode())))


@realtime.on("read")
def read(socket, letter):
    size = len(letter.encode())
    return [size, letter == WORDS * (size // len(WORDS.encode()))]


@realtime.on("send-me")
def send_me(socket, *args):
    socket.send(*args)


@realtime.on("hint")
def hint(socket):
    socket.volatile.emit("hint", WORDS)


@realtime.on("personal")
def personal(socket, who, text):
    realtime.emit("personal", text, to=who)


@realtime.on("relay")
def relay(socket, room, *args):
    socket.to(room).emit("relayed", *args)


@realtime.on("publish")
def publish(socket, room):
    realtime.emit("published", PICTURE, WORDS, to=room)


@realtime.on("watch")
def watch(socket, who):
    socket.join(f"watch {who}")


@realtime.on_disconnect
def gone(socket, reason):
    realtime.emit("gone", reason, to=f"watch {socket.id}")


@realtime.on_any
def caught(socket, event, *args):
    if event.startswith("any "):
        socket.emit("caught", event, *args)


realtime.serve()
sys.stdin.read()
realtime.stop()
