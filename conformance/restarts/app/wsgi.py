"""The web app: its workers are the handlers, as in production. Each POST emits a number to everyone.

rack/config.ru is the same in Ruby.
"""

import os

import handlers  # noqa: F401 - registers them
import realtime_sidecar as realtime
from ticks import emit_tick


def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        emit_tick()
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


realtime.serve()
