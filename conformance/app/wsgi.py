"""A web app whose workers are the handlers, as in production: `gunicorn --preload wsgi:application`.

rack/config.ru is the same in Ruby. Pages for the tests of the proxy, and one event for those that
kill and restart it: a client counts, and hears each number back from the process that took it.
"""

import hashlib
import os
import time

import realtime_sidecar as realtime

MEBIBYTE = 1 << 20
PIECE = bytes(range(256)) * 256
"""What /download repeats: 64 KiB."""


@realtime.on("number")
def number(socket, n):
    time.sleep(0.01)  # as long as a query takes, so that who kills this process meets it at work
    socket.emit("seen", n, os.getpid())


def application(environ, start_response):
    page = pages.get(environ["PATH_INFO"], missing)
    return page(environ, start_response)


def text(start_response, body, status="200 OK"):
    content = body.encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))]
    start_response(status, headers)
    return [content]


def home(environ, start_response):
    return text(start_response, str(os.getpid()))


def missing(environ, start_response):
    return text(start_response, "not here", "404 Not Found")


def events(environ, start_response):
    """Five server-sent events, a fifth of a second between two."""
    start_response("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")])
    for n in range(5):
        yield f"data: {n}\n\n".encode()
        time.sleep(0.2)


def download(environ, start_response):
    size = 8 * MEBIBYTE
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))])
    return (PIECE for _ in range(size // len(PIECE)))


def upload(environ, start_response):
    digest = hashlib.sha256()
    while piece := environ["wsgi.input"].read(len(PIECE)):
        digest.update(piece)
    return text(start_response, digest.hexdigest())


pages = {"/": home, "/events": events, "/download": download, "/upload": upload}

realtime.serve()
