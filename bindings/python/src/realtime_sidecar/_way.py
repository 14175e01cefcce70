"""How a connection is opened: by the socket's path, or to the server inside this process.

Nothing else differs: both give a stream socket that speaks the app link.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Final, Protocol


class Way(Protocol):
    """Where a connection leads."""

    @property
    def native(self) -> bool:
        """Whether the server is in this process."""

    @property
    def name(self) -> str:
        """For logs."""

    def open(self, timeout: float) -> socket.socket:
        """Opens a stream socket, within so many seconds."""


class ByPath:
    """To the sidecar, or to another process that has the server inside.

    Args:
        path: Of its Unix socket.
    """

    native: Final = False

    def __init__(self, path: str) -> None:
        self.name = f"the sidecar socket={path}"
        self._path = path

    def open(self, timeout: float) -> socket.socket:
        """Connects.

        Args:
            timeout: Seconds.

        Returns:
            The socket.

        Raises:
            OSError: Nobody is there.
        """
        with contextlib.ExitStack() as unless_connected:
            link = unless_connected.enter_context(socket.socket(socket.AF_UNIX))
            link.settimeout(timeout)
            link.connect(self._path)
            unless_connected.pop_all()
        return link


_HINTS: Final[dict[type[OSError], str]] = {
    FileNotFoundError: "the socket does not exist",
    ConnectionRefusedError: "nobody listens on the socket",
    PermissionError: "permission denied (run as the sidecar's user, or set its socket_group)",
    TimeoutError: "the sidecar accepts no connections",
}


def explained(error: Exception) -> str:
    """Says what an attempt met.

    Args:
        error: It.

    Returns:
        For people.
    """
    for kind, text in _HINTS.items():
        if isinstance(error, kind):
            return text
    return str(error) or type(error).__name__
