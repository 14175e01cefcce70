"""The server's side of chat.html in Python. It ends when its standard input does."""

import sys

import realtime_sidecar as realtime


@realtime.on_connect
def welcome(socket):
    socket.send("Welcome")


@realtime.on("message")
def message(socket, text):
    realtime.send(text)


realtime.serve()
sys.stdin.read()
realtime.stop()
