"""A scripted sidecar: it listens on a real Unix socket and speaks the link's frames.

It answers what needs no script (hello, ping, drain, emits asked to be confirmed) and records
everything; tests ask and tell through it, and wait for what they expect.
"""

from __future__ import annotations

import os
import queue
import socket
import tempfile
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar

from realtime_sidecar import _protocol as protocol

# Seconds a test waits for something that should come at once, on a machine that has other work.
PATIENCE = 60.0

Answer = Callable[[protocol.Request], tuple[dict[str, Any] | None, Any]]


class Link:
    """One connection of an app process, greeted."""

    def __init__(self, sidecar: Sidecar, connection: socket.socket) -> None:
        self.sidecar = sidecar
        self.connection = connection
        self.hello: dict[str, Any] = {}
        self.frames: queue.Queue[protocol.Frame | None] = queue.Queue()
        self._answers: dict[int, queue.Queue[protocol.Response]] = {}
        self._next_id = 1
        self._encoder = protocol.Encoder()
        self._writing = threading.Lock()
        self.closed = threading.Event()

    def send(self, frame: protocol.Frame) -> None:
        self.send_bytes(self._encoder.encode(frame))

    def send_bytes(self, data: bytes) -> None:
        with self._writing:
            self.connection.sendall(data)

    def tell(self, method: str, **params: Any) -> None:
        self.send(protocol.Notification(method, params))

    def ask(self, method: str, **params: Any) -> Asked:
        with self._writing:
            id, self._next_id = self._next_id, self._next_id + 1
        answers = self._answers[id] = queue.Queue()
        self.send(protocol.Request(id, method, params))
        return Asked(method, answers)

    def connect(self, socket: str = "s1", namespace: str = "/", **params: Any) -> protocol.Response:
        handshake = {"headers": {"host": "x"}, "query": {}, "dialect": "EIO4"}
        handshake["transport"] = "websocket"
        asked = self.ask(
            "connect", socket=socket, namespace=namespace, auth=params.pop("auth", None),
            handshake=handshake, recovered=params.pop("recovered", False),
        )  # fmt: skip
        return asked.answer()

    def event(self, event: str, *args: Any, ack: bool = True, **params: Any) -> Asked:
        defaults = {"id": "b-1", "socket": "s1", "namespace": "/", "user": None, "data": None}
        keys = {**defaults, "attempt": 1, **params}
        return self.ask("event", event=event, args=list(args), ack=ack, **keys)

    def expect(self, method: str) -> protocol.Request | protocol.Notification:
        """Waits for the next frame that is no answer; it must be this method's."""
        frame = self.frames.get(timeout=PATIENCE)
        assert isinstance(frame, (protocol.Request, protocol.Notification)), frame
        assert method == frame.method
        return frame

    def emits(self, count: int) -> list[Any]:
        """Waits for so many emits and gives their first arguments."""
        return [self.expect("emit").params["args"][0] for _ in range(count)]

    def close(self) -> None:
        self.connection.close()

    def cut(self) -> None:
        """Ends the connection at once, in both directions."""
        self.connection.shutdown(socket.SHUT_RDWR)

    def read(self) -> None:
        decoder = protocol.Decoder()
        try:
            while data := self.connection.recv(65536):
                for frame in decoder.feed(data):
                    self._took(frame)
        except OSError:
            pass
        finally:
            self.closed.set()
            self.frames.put(None)
            self.connection.close()

    def _took(self, frame: protocol.Frame) -> None:
        if isinstance(frame, protocol.Response):
            self._answers.pop(frame.id).put(frame)
            return
        if isinstance(frame, protocol.Request):
            answer = self.sidecar.answers.get(frame.method)
            if frame.method == "hello":
                self.hello = frame.params
            elif frame.method != "ping":
                self.frames.put(frame)
            if answer is not None:
                error, result = answer(frame)
                self.send(protocol.Response(frame.id, error, result))
            if frame.method == "hello":
                self.sidecar.links.put(self)
            return
        self.frames.put(frame)


class Asked:
    """A request to the app that waits for its answer."""

    def __init__(self, method: str, answers: queue.Queue[protocol.Response]) -> None:
        self.method = method
        self._answers = answers

    def answer(self) -> protocol.Response:
        return self._answers.get(timeout=PATIENCE)

    def result(self) -> Any:
        response = self.answer()
        assert response.error is None, response.error
        return response.result

    @property
    def answered(self) -> bool:
        return not self._answers.empty()


class Sidecar:
    """The listener; `link` waits for the next process that connects."""

    running: ClassVar[dict[str, Sidecar]] = {}  # by path

    def __init__(self, path: str | None = None, boot: str = "boot-1") -> None:
        # Not pytest's directory: a socket's path must be short.
        self._directory = tempfile.TemporaryDirectory(prefix="rt") if path is None else None
        self.path = path or os.path.join(self._directory.name, "s") if self._directory else path
        assert self.path is not None
        self.boot = boot
        self.heartbeat = 25_000
        self.window = 1024
        self.limits: dict[str, int] = {}
        self.links: queue.Queue[Link] = queue.Queue()
        self.answers: dict[str, Answer] = {
            "hello": self._welcome,
            "ping": lambda _: (None, {}),
            "drain": lambda _: (None, {}),
            "emit": lambda request: (None, {"id": request.params.get("id")}),
            "batch": lambda _: (None, {"id": "batch"}),
        }
        self._all: list[Link] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    def _welcome(self, request: protocol.Request) -> tuple[None, dict[str, Any]]:
        return None, {
            "protocol": 1, "features": [], "node": "n1", "boot": self.boot, "server": "scripted",
            "max_frame": protocol.MAX_FRAME, "window": self.window, "heartbeat": self.heartbeat,
            "limits": self.limits,
        }  # fmt: skip

    def listen(self) -> Sidecar:
        assert self.path is not None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(64)
        self._start(self._accept, self._listener)
        self.running[self.path] = self
        return self

    def descriptor(self) -> int:
        """Gives a new connection, as the shared library does; the caller closes it."""
        theirs, ours = socket.socketpair()
        self._serve(ours)
        return theirs.detach()

    def link(self) -> Link:
        return self.links.get(timeout=PATIENCE)

    def stop(self) -> None:
        """Goes away: no listener, no connection, no socket file."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            assert self.path is not None
            del self.running[self.path]
            os.unlink(self.path)
        for link in self._all:
            try:
                link.cut()
            except OSError:
                continue  # gone already
        for thread in self._threads:
            thread.join(PATIENCE)
        self._threads, self._all = [], []

    def __enter__(self) -> Sidecar:
        return self.listen()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._directory is not None:
            self._directory.cleanup()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        link = Link(self, connection)
        self._all.append(link)
        self._start(link.read)

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()
