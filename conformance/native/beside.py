"""Servers beside the one of the binding, by the functions of realtime.h themselves: made, started, spoken to, ended.

What they do that they should not is raised. Any thread may call; ctypes lets others run meanwhile.
"""

import ctypes
import http.client
import json
import os
import socket
from collections.abc import Iterator

from realtime_sidecar import _protocol as protocol

HANDLE, STATE, FORKED = -3, -4, -6
PATIENCE = 10.0  # seconds for a server to answer
STOP = 5_000  # milliseconds

CONFIG = json.dumps({"listen": "127.0.0.1:0", "socket": "", "env": "test", "config": "", "log_level": "error"}).encode()
HELLO = protocol.Encoder().request(1, "hello", {"protocol": [1, 1], "role": "emitter"})


def load() -> ctypes.CDLL:
    """Loads the library, which must not be before the forks of a forking server."""
    functions = ctypes.CDLL(os.environ["REALTIME_LIBRARY"])
    functions.rt_new.argtypes = [ctypes.c_char_p]
    functions.rt_address.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    functions.rt_errmsg.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return functions


class Beside:
    """The functions, and what can be done with them."""

    def __init__(self) -> None:
        self.library = load()

    def live(self, turn: int) -> int:
        """Lets a server live with some connections of the app; lives differ by turn. Returns how many there were."""
        server = self._done(self.library.rt_new(CONFIG))
        self._expect(STATE, "rt_connect", server)
        self._done(self.library.rt_start(server))
        self._misuse(server)
        connections = [self._connect(server) for _ in range(1 + turn % 3)]
        visit(self._address(server))
        if turn % 2:
            connections[0].close()  # the others end with the server
        self._end(server)
        for connection in connections:
            if connection.fileno() >= 0:
                hear_out(connection)
        return len(connections)

    def forked(self) -> bool:
        """Tells whether the library knows that it is in a forked child."""
        return bool(self.library.rt_new(b"{}") == FORKED)

    def _end(self, server: int) -> None:
        self._done(self.library.rt_stop(server, STOP))
        self._expect(0, "rt_stop", server, STOP)
        self._expect(STATE, "rt_connect", server)
        self._done(self.library.rt_free(server))
        self._expect(HANDLE, "rt_free", server)

    def _misuse(self, server: int) -> None:
        self._expect(STATE, "rt_start", server)
        self._expect(STATE, "rt_free", server)
        self._expect(HANDLE, "rt_connect", 1 << 30)

    def _connect(self, server: int) -> socket.socket:
        return greet(socket.socket(fileno=self._done(self.library.rt_connect(server))))

    def _address(self, server: int) -> str:
        buffer = ctypes.create_string_buffer(256)
        self._done(self.library.rt_address(server, 0, buffer, len(buffer)))
        return buffer.value.decode()

    def _expect(self, code: int, name: str, *args: int) -> None:
        got = self.library[name](*args)
        if got != code:
            raise RuntimeError(f"{name}{args} gave {got}, not {code}")

    def _done(self, code: int) -> int:
        if code >= 0:
            return code
        buffer = ctypes.create_string_buffer(4096)
        self.library.rt_errmsg(buffer, len(buffer))
        raise RuntimeError(f"error {code}: {buffer.value.decode()}")


def greet(connection: socket.socket) -> socket.socket:
    """Greets as an app does, of any server. Returns the same connection."""
    connection.settimeout(PATIENCE)
    connection.sendall(HELLO)
    answer = next(frames(connection))
    if not isinstance(answer, protocol.Response) or answer.error or "boot" not in answer.result:
        raise RuntimeError(f"hello was answered {answer}")
    return connection


def visit(address: str) -> None:
    """Comes as a client that is there when the server ends."""
    client = http.client.HTTPConnection(address, timeout=PATIENCE)
    client.request("GET", "/socket.io/?EIO=4&transport=polling")
    answer = client.getresponse()
    answer.read()
    client.close()
    if answer.status != 200:
        raise RuntimeError(f"a client was answered {answer.status}")


def hear_out(connection: socket.socket) -> None:
    """Reads to the end, which must come after a goodbye."""
    with connection:
        names = [frame.method for frame in frames(connection) if isinstance(frame, protocol.Notification)]
    if not names or names[-1] != "bye":
        raise RuntimeError(f"what was heard last is {names[-1:]}")


def frames(connection: socket.socket) -> Iterator[protocol.Frame]:
    """Reads until the end."""
    decoder = protocol.Decoder()
    while piece := connection.recv(4096):
        yield from decoder.feed(piece)
