"""Which way the tests go: over the socket, or over the shared library (REALTIME_TEST_WAY)."""

from __future__ import annotations

import os
import socket

import pytest

from realtime_sidecar import Client, NativeError
from realtime_sidecar._library import load_library
from realtime_sidecar._native import NativeServer, document
from support.sidecar import Sidecar

WAY = os.environ.get("REALTIME_TEST_WAY", "socket")
LIBRARY = {"socket": False, "library": True}[WAY]


def only_over_the_socket(reason: str) -> pytest.MarkDecorator:
    """Skips a test, or a module's, over the library, where it makes no sense."""
    return pytest.mark.skipif(LIBRARY, reason=reason)


class Descriptors:
    """Gives a client its stream as rt_connect would: a descriptor, by the scripted sidecar."""

    native = True
    name = "the scripted server"

    def __init__(self, client: Client) -> None:
        self._client = client

    def open(self, timeout: float) -> socket.socket:
        running = Sidecar.running.get(self._client.process.config.socket_path)
        if running is None:
            raise NativeError("state", "server 1 has ended")
        return socket.socket(fileno=running.descriptor())


def server(client: Client, **options: object) -> NativeServer:
    """Starts a server in this process that the client does not own."""
    text = document(client.process.config, {"config": "", **options}, {})
    started = NativeServer(load_library(os.environ), text)
    started.start()
    return started
