"""A Socket.IO 4.x client over a WebSocket that joins and listens, and says nothing else."""

from __future__ import annotations

import json
import socket
from typing import Any, BinaryIO

from support.sidecar import PATIENCE


class Listener:
    """Connected to ``/``; every packet is short text."""

    def __init__(self, port: int) -> None:
        self._link = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._link.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        self._input = self._link.makefile("rb")
        while self._input.readline() != b"\r\n":
            pass
        self._link.sendall(b"\x81\x82" + bytes(4) + b"40")  # masked with zeros
        while not self._packet(self._input).startswith("40"):
            pass

    def events(self) -> list[list[Any]]:
        """Reads until the connection ends: each event is its name and arguments."""
        with self._link, self._input:
            packets = list(iter(lambda: self._packet(self._input), ""))
        return [json.loads(packet[2:]) for packet in packets if packet.startswith("42")]

    @staticmethod
    def _packet(stream: BinaryIO) -> str:
        """Reads the next text; "" at the end, which a close frame says too."""
        head = stream.read(2)
        if len(head) < 2 or head[0] != 0x81:
            return ""
        size = head[1] if head[1] < 126 else int.from_bytes(stream.read(2), "big")
        return stream.read(size).decode()
