"""The app of the comparison of ways to its clients, in Python: it echoes, and emits as often as it is asked to.

    python host.py library ADDRESS           the server inside, listening there
    python host.py socket                    the sidecar of REALTIME_SOCKET
    gunicorn --threads 4 host:application    told of events by bench/posts, which EMIT_URL names

REALTIME_LIBRARY names the library.
"""

import http.client
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

Emit = Callable[[str], None]


def handlers(emit: Emit) -> dict[str, Callable[..., object]]:
    """Gives the handlers, with whatever emits."""

    def echo(value: object) -> object:
        return value

    def publish(count: int, text: str) -> None:
        for _ in range(count):
            emit(text)

    return {"echo": echo, "publish": publish}


class Posts(threading.local):
    """What a web app has for it: one keep-alive connection for each thread of its server."""

    def __init__(self, url: str) -> None:
        self.path = urlsplit(url).path
        self.client = http.client.HTTPConnection(urlsplit(url).netloc)

    def emit(self, text: str) -> None:
        """Posts."""
        body = json.dumps({"room": "all", "event": "news", "args": [text]})
        self.client.request("POST", self.path, body, {"Content-Type": "application/json"})
        answer = self.client.getresponse()
        said = answer.read()
        if answer.status != 204:
            raise RuntimeError(f"an emit was answered {answer.status}: {said!r}")


if url := os.environ.get("EMIT_URL"):
    posts = Posts(url)
    handled = handlers(lambda text: posts.emit(text))


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Is told of events. WSGI."""
    said = json.loads(environ["wsgi.input"].read())
    body = json.dumps([handled[said["event"]](*said["args"])]).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def serve(**options: object) -> None:
    """Serves by the binding until TERM."""
    import realtime_sidecar as realtime

    @realtime.on_connect
    def connect(socket: realtime.Socket, _auth: object) -> None:
        socket.join("all")

    def answering(handler: Callable[..., object]) -> Callable[..., object]:
        return lambda _socket, *args: handler(*args)

    for event, handler in handlers(lambda text: realtime.emit("news", text, to="all")).items():
        realtime.on(event)(answering(handler))
    over: queue.SimpleQueue[int] = queue.SimpleQueue()

    def end(number: int, frame: FrameType | None) -> None:
        over.put(number)

    signal.signal(signal.SIGTERM, end)
    realtime.start(**options)
    over.get()
    realtime.stop()


if __name__ == "__main__":
    if sys.argv[1] == "library":
        serve(native=True, listen=sys.argv[2], log_level="warn")
    else:
        serve()
