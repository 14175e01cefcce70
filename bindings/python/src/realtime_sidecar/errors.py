"""Everything this package raises, in one tree.

    RealtimeError
    ├── ConfigurationError   a setting or a registration that cannot work
    ├── EncodeError          a value that cannot travel (raised where it was passed)
    ├── BlockingCallError    a waiting call made inside an event loop
    ├── InTransactionError   a call that waits was made inside an open database transaction
    ├── RequestError         the sidecar refused; `code` says why
    ├── NativeError          the server inside this process; `code` says why
    └── LinkError            the way to the sidecar
        ├── NotConnectedError
        ├── AnswerTimeoutError
        └── ProtocolError    the peer broke the rules of the link

`Rejection` stands apart: it is how a connect hook says no, not a failure.
"""

from __future__ import annotations

from typing import Any, Final


class RealtimeError(Exception):
    """The base of all errors of this package."""


class ConfigurationError(RealtimeError, ValueError):
    """A setting or a handler registration that cannot work; the text names it."""


class EncodeError(RealtimeError, ValueError):
    """A value that cannot be sent: its type, its depth or its size."""


class BlockingCallError(RealtimeError, RuntimeError):
    """A call that waits was made on a thread that runs an event loop; use its async twin."""


class InTransactionError(RealtimeError, RuntimeError):
    """A call that waits for an answer was made inside an open database transaction.

    Attributes:
        what: The call.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} would wait for an answer inside an open database transaction, which may still "
            "be rolled back: call it after the commit, or give now=True to mean it anyway"
        )
        self.what = what


class RequestError(RealtimeError):
    """The sidecar refused a request.

    Attributes:
        code: One of the link's error codes, such as ``reserved_event`` or ``busy``.
        message: The sidecar's explanation.
        data: Further details, or None.
    """

    def __init__(self, code: str, message: str, data: Any = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.data = data


class NativeError(RealtimeError):
    """The server inside this process cannot be had; the text says why.

    Attributes:
        code: ``missing`` (there is no library), ``version`` (another interface), ``forked``,
            ``config``, ``listen``, ``busy``, ``state``, ``handle``, ``timeout``, ``system``,
            ``argument`` or ``internal``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class LinkError(RealtimeError):
    """Something is wrong with the way to the sidecar."""


_SIDECAR: Final = (
    "no sidecar at",
    "Start one (`realtime run` or `realtime serve`), "
    "or name its socket with REALTIME_SOCKET or realtime.configure(socket=...)",
)
_NATIVE: Final = (
    "no server inside an app's process at",
    "It runs in the process that has called serve() or start(), and as long as that",
)


class NotConnectedError(LinkError):
    """There was no sidecar to talk to within the time given.

    Attributes:
        socket_path: The Unix socket that was tried.
        attempts: How many connection attempts have failed since the last good one.
        reason: What the last attempt met.
    """

    def __init__(self, socket_path: str, attempts: int, reason: str, native: bool = False) -> None:
        what, remedy = _NATIVE if native else _SIDECAR
        super().__init__(f"{what} {socket_path}: {reason} ({attempts} failed attempts). {remedy}")
        self.socket_path = socket_path
        self.attempts = attempts
        self.reason = reason


class AnswerTimeoutError(LinkError):
    """The sidecar (or a client, for a call to one socket) did not answer in time.

    Attributes:
        what: The request that was waited for.
        timeout: The seconds that were waited.
    """

    def __init__(self, what: str, timeout: float) -> None:
        super().__init__(f"no answer to {what} within {timeout:g} s")
        self.what = what
        self.timeout = timeout


class ProtocolError(LinkError):
    """The peer sent bytes that break the rules of the link; that connection ends.

    Attributes:
        kind: Which rule: ``length``, ``syntax``, ``depth``, ``trailing`` or ``shape``; the words
            of the shared vectors.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Rejection(Exception):
    """A connect hook's refusal; the client gets exactly this as its connect error.

    Attributes:
        message: The text of the client's ``connect_error``.
        data: Its ``data``, or None.
    """

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
