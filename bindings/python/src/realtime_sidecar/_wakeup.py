"""Wakes a thread that waits in ``poll``."""

from __future__ import annotations

import contextlib
import socket


class Wakeup:
    """A pair of sockets; the one that is polled becomes readable. Nothing here blocks."""

    def __init__(self) -> None:
        self._polled, self._told = socket.socketpair()
        for end in (self._polled, self._told):
            end.setblocking(False)

    def fileno(self) -> int:
        """Gives what is polled.

        Returns:
            Its descriptor.
        """
        return self._polled.fileno()

    def wake(self) -> None:
        """Makes it readable."""
        with contextlib.suppress(BlockingIOError):  # full, so it is awake already
            self._told.send(b"\0")

    def drain(self) -> None:
        """Makes it wait again."""
        with contextlib.suppress(BlockingIOError):
            self._polled.recv(4096)

    def close(self) -> None:
        """Closes both."""
        self._polled.close()
        self._told.close()
