"""The reading half of the connection: greeting, answers, requests, heartbeat.

Used by the connection's thread alone, anew for each connection; it never waits. What it learns
goes to `Outbound` (answers), to the peer (requests) and to the connection (drain, greeting).
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from . import _protocol as protocol
from ._outbound import Outbound
from ._pending import HELLO_ID, PING_ID
from ._queue import Entry, Kind
from ._way import Way
from .errors import AnswerTimeoutError, ProtocolError, RequestError

READ_BYTES: Final = 64 << 10
HELLO_LIMIT: Final = 64 << 10  # bytes of a frame before the greeting is answered
HEARTBEAT: Final = 25.0  # seconds of silence before a ping, unless the greeting says otherwise
MISSES: Final = 2  # pings without an answer that end a connection

log = logging.getLogger("realtime.link")


class Peer(Protocol):
    """What the connection reports to. Called by its thread, with no lock held; must not block."""

    def way(self) -> Way:
        """Gives the way to the server; asked at every connect."""

    def hello(self) -> dict[str, Any]:
        """Gives the params of the greeting; asked at every connect."""

    def welcomed(self, result: dict[str, Any]) -> None:
        """Takes the answer to the greeting."""

    def asked(self, number: int, request: protocol.Request) -> None:
        """Takes a request; its answer goes to `Connection.answer` with the same number."""

    def idle(self) -> bool:
        """Tells whether no request is being worked on."""


class Inbound:
    """What comes in by one connection.

    Args:
        link: Its socket, non-blocking; the greeting has been sent.
        outbound: Takes answers, and begins to write when the greeting is answered.
        encoder: Builds the few frames that are sent from here.
        peer: Takes requests.
        greeting_timeout: Seconds for the greeting's answer.
        greeted: Called with the greeting's result, before anything is written.
        drained: Called when the sidecar asks to reconnect.
    """

    def __init__(
        self,
        link: socket.socket,
        outbound: Outbound,
        encoder: protocol.Encoder,
        peer: Peer,
        *,
        greeting_timeout: float,
        greeted: Callable[[dict[str, Any]], None],
        drained: Callable[[], None],
    ) -> None:
        self._link = link
        self._outbound = outbound
        self._encoder = encoder
        self._peer = peer
        self._greeting_timeout = greeting_timeout
        self._greeted = greeted
        self._drained = drained
        self._decoder = protocol.Decoder(HELLO_LIMIT)
        self._heartbeat = HEARTBEAT
        self._heard = time.monotonic()  # when bytes last came
        self._misses = 0

    def read(self) -> None:
        """Reads once and handles the frames that completes.

        Raises:
            OSError: The connection is gone.
            ProtocolError: The sidecar broke the rules.
            RequestError: It refused the greeting.
        """
        try:
            data = self._link.recv(READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError("the sidecar closed the connection")
        self._heard = time.monotonic()
        self._misses = 0
        for frame in self._decoder.feed(data):
            if isinstance(frame, protocol.Response):
                self._answered(frame)
            elif isinstance(frame, protocol.Request):
                self._asked(frame)
            else:
                self._told(frame)

    def due(self) -> float:
        """Tells when `keep_alive` has something to do.

        Returns:
            The monotonic time.
        """
        if not self._outbound.ready:
            return self._heard + self._greeting_timeout
        return self._heard + self._heartbeat * (self._misses + 1)

    def keep_alive(self) -> None:
        """Pings a silent sidecar, and gives up on one that does not answer.

        Raises:
            AnswerTimeoutError: No greeting, or two pings without an answer.
        """
        if time.monotonic() < self.due():
            return
        if not self._outbound.ready:
            raise AnswerTimeoutError("hello", self._greeting_timeout)
        if self._misses >= MISSES:
            raise AnswerTimeoutError("ping", self._heartbeat * MISSES)
        self._misses += 1
        ping = self._encoder.request(PING_ID, "ping", {})
        self._outbound.put(Entry(ping, Kind.ANSWER), self._outbound.number)

    def _answered(self, frame: protocol.Response) -> None:
        if not self._outbound.ready:
            self._welcome(frame)
            return
        reply = self._outbound.take_answer(frame.id)
        if reply is None:
            return  # a pong, or nobody waits any more
        if frame.error is None:
            reply.future.set_result(frame.result)
        else:
            reply.future.set_exception(_refusal(frame.error))

    def _welcome(self, frame: protocol.Response) -> None:
        if frame.id != HELLO_ID:
            raise ProtocolError("shape", "the first answer must be the greeting's")
        if frame.error is not None:
            raise _refusal(frame.error)
        if not isinstance(frame.result, dict):
            raise ProtocolError("shape", "the answer to the greeting must be a map")
        milliseconds = frame.result.get("heartbeat")
        if isinstance(milliseconds, int) and milliseconds > 0:
            self._heartbeat = milliseconds / 1000
        self._decoder.max_frame = protocol.MAX_FRAME
        self._greeted(frame.result)
        window = frame.result.get("window")
        self._outbound.attach(self._link, window if isinstance(window, int) else None)

    def _asked(self, frame: protocol.Request) -> None:
        if not self._outbound.ready:
            raise ProtocolError("shape", "a request came before the greeting was answered")
        if frame.method == "ping":
            pong = self._encoder.response(frame.id, None, {})
            self._outbound.put(Entry(pong, Kind.ANSWER), self._outbound.number)
        else:
            self._peer.asked(self._outbound.number, frame)

    def _told(self, frame: protocol.Notification) -> None:
        told = frame.params.get
        if frame.method == "rejected":
            self._outbound.count_rejected()
            text = "the sidecar refused an emit code=%s message=%s id=%s"
            log.error(text, told("code"), told("message"), told("id"))
        elif frame.method == "drain":
            log.info("the sidecar asks to reconnect reason=%s", told("reason"))
            self._drained()
        elif frame.method == "bye":
            log.info("the sidecar says bye reason=%s", told("reason"))


def _refusal(error: dict[str, Any]) -> RequestError:
    return RequestError(error["code"], str(error.get("message", "")), error.get("data"))
