"""A Socket.IO 4.x client over long-polling, as small as it can be."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from support.sidecar import PATIENCE

SEPARATOR = "\x1e"


class PollingClient:
    """One session with one socket; packets are text, one thread polls."""

    def __init__(
        self,
        port: int,
        auth: Any = None,
        headers: Mapping[str, str] | None = None,
        namespace: str = "/",
    ) -> None:
        self.port = port
        self.prefix = "" if namespace == "/" else f"{namespace},"
        self.headers = dict(headers or {})
        self.connected: Any = None
        self.events: list[tuple[str, list[Any]]] = []
        self._changed = threading.Condition()
        self._acks: dict[int, list[Any]] = {}
        self._next_ack = 0
        self._ended: str | None = None
        handshake = json.loads(self._request("GET", "")[1:])
        self._session = f"&sid={handshake['sid']}"
        self._say("0", "" if auth is None else json.dumps(auth))
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()
        self.wait(lambda: self.connected is not None)

    @property
    def id(self) -> str:
        return str(self.connected["sid"])

    def emit(self, event: str, *args: Any) -> None:
        self._say("2", json.dumps([event, *args]))

    def call(self, event: str, *args: Any) -> list[Any]:
        number, self._next_ack = self._next_ack, self._next_ack + 1
        self._say("2", f"{number}{json.dumps([event, *args])}")
        self.wait(lambda: number in self._acks)
        return self._acks[number]

    def heard(self, event: str) -> list[Any]:
        """Waits for the first event of that name and takes it out."""
        self.wait(lambda: any(name == event for name, _ in self.events))
        with self._changed:
            index = [name for name, _ in self.events].index(event)
            return self.events.pop(index)[1]

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), (self._ended, self.events)

    def close(self) -> None:
        if self._ended is None:
            self._say("1", SEPARATOR + "1")
        self._thread.join(PATIENCE)

    def _poll(self) -> None:
        try:
            while self._ended is None:
                for packet in self._request("GET", self._session).split(SEPARATOR):
                    with self._changed:
                        self._take(packet)
                        self._changed.notify_all()
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            self._ended = str(error)

    def _take(self, packet: str) -> None:
        kind, rest = packet[:2], packet[2:].removeprefix(self.prefix)
        if packet == "2":
            self._post("3")
        elif kind in ("1", "41"):
            self._ended = "closed"
        elif kind in ("40", "44"):
            self.connected = json.loads(rest)
        elif kind in ("42", "43"):
            digits = len(rest) - len(rest.lstrip("0123456789"))
            number, data = rest[:digits], json.loads(rest[digits:])
            if kind == "43":
                self._acks[int(number)] = data
            elif number:
                self._say("3", number + json.dumps(data))  # each question is answered with itself
            else:
                self.events.append((data[0], data[1:]))

    def _say(self, kind: str, rest: str) -> None:
        self._post(f"4{kind}{self.prefix}{rest}")

    def _post(self, packet: str) -> None:
        assert self._request("POST", self._session, packet) == "ok"

    def _request(self, method: str, session: str, body: str | None = None) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE * 4)
        try:
            path = f"/socket.io/?EIO=4&transport=polling{session}"
            data = None if body is None else body.encode()
            connection.request(method, path, data, self.headers)
            response = connection.getresponse()
            text = response.read().decode()
            if response.status != 200:
                raise RuntimeError(f"{response.status} {text}")
            return text
        finally:
            connection.close()
