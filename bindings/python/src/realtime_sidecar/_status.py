"""What can be seen of the link from this process."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Status:
    """The link as this process sees it.

    Attributes:
        socket_path: The sidecar's socket.
        connected: Whether the greeting has been answered.
        failures: Attempts that failed since the last good one.
        native: Whether the server is in this process.
        reason: Why the last connection or attempt ended, or "".
        boot: The sidecar's start that was last seen, or "".
        node: Its name, or "".
        rejected: Emits the sidecar refused.
        buffered: Emits that wait.
        buffered_bytes: Bytes that wait, requests included.
        dropped: Emits given up for room or at the end.
        dropped_volatile: The same, volatile ones.
        lost: Emits cut in the middle by a lost connection, or by an exception that a signal's
            handler raised while they were written; some may have arrived.
        unanswered: Requests of this process without an answer.
    """

    socket_path: str
    connected: bool
    failures: int
    native: bool
    reason: str
    boot: str
    node: str
    rejected: int
    buffered: int
    buffered_bytes: int
    dropped: int
    dropped_volatile: int
    lost: int
    unanswered: int
