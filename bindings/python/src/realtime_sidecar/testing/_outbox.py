"""An outbox in memory, in the place of the sidecar.

Values in it went through the wire's form and back, so they are what a client would see.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from .. import _protocol as protocol
from .. import default_client
from .._client import Client
from .._limits import Limits
from .._pending import Reply
from .._select import ABSENT, Absent, addressees, namespace_name, user_names
from ..errors import AnswerTimeoutError, LinkError

_ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "call": {"acks": [], "expected": 0, "gone": [], "timed_out": False},
    "sockets": {"sockets": [], "next": None, "unanswered": []},
    "rooms": {"rooms": {}},
}
_COUNTED: Final = frozenset({"join", "leave", "disconnect", "count"})


@dataclass(frozen=True)
class Emitted:
    """One emit.

    Attributes:
        event: Its name.
        args: Its arguments.
        to: Rooms and sockets, or None for "not restricted".
        users: Users, or None for "not restricted".
        namespace: Its namespace.
        params: Everything, as it would go to the sidecar.
    """

    event: str
    args: list[Any]
    to: list[str] | None
    users: list[str] | None
    namespace: str
    params: dict[str, Any]


class Outbox:
    """What was asked of the sidecar, in order.

    Attributes:
        requests: Everything but emits: method and params.
        answers: Results by method, for what waits; ``{"count": {"count": 3}}``.
    """

    def __init__(self, client: Client) -> None:
        self.encoder = protocol.Encoder(client.process.config.encoder)
        self.limits = Limits()  # Socket.IO's own: no sidecar has told any
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}
        self._emits: list[Emitted] = []
        self._lock = threading.Lock()

    @property
    def emits(self) -> list[Emitted]:
        """All emits, those of batches one by one."""
        with self._lock:
            return list(self._emits)

    def emitted(
        self, event: str, *args: Any, to: Any = ABSENT, users: Any = ABSENT, namespace: str = "/"
    ) -> list[Emitted]:
        """Finds emits.

        Args:
            event: The event's name.
            *args: Its first arguments; none means any.
            to: Rooms it must have gone to, exactly; not given means any.
            users: Users, likewise.
            namespace: Its namespace.

        Returns:
            Those that match; an empty list is false.
        """
        rooms = to if isinstance(to, Absent) else list(addressees("to", to))
        names = users if isinstance(users, Absent) else list(user_names("users", users))
        # Arguments went through the wire's form, so what is compared must too.
        expected = msgpack.unpackb(self.encoder.pack(list(args)), timestamp=3, strict_map_key=False)
        return [
            emit
            for emit in self.emits
            if (emit.event, emit.namespace) == (event, namespace_name(namespace))
            and emit.args[: len(args)] == expected
            and rooms in (ABSENT, emit.to)
            and names in (ABSENT, emit.users)
        ]

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._emits.clear()
            self.requests.clear()

    # The link's side.

    def send(self, frame: bytes, *, volatile: bool = False, emits: int = 0) -> None:
        """Takes a notification.

        Args:
            frame: Its frame.
            volatile: Ignored: nothing is dropped here.
            emits: Ignored.
        """
        told = protocol.decode(frame[4:])
        assert isinstance(told, protocol.Notification)
        self._take(told.method, told.params)

    def request(self, method: str, params: bytes, *, emits: int = 0, resend: bool = False) -> Reply:
        """Takes a request and answers it.

        Args:
            method: Its name.
            params: The packed map.
            emits: Ignored.
            resend: Ignored.

        Returns:
            A reply that is filled already.
        """
        asked = protocol.decode(self.encoder.request(1, method, params)[4:])
        assert isinstance(asked, protocol.Request)
        self._take(method, asked.params)
        default = {"count": 0} if method in _COUNTED else {"id": asked.params.get("id")}
        reply = Reply(1, method, b"", emits, resend)
        reply.future.set_result(self.answers.get(method, _ANSWERS.get(method, default)))
        return reply

    def wait(self, reply: Reply, timeout: float) -> Any:
        """Gives an answer.

        Args:
            reply: From `request`.
            timeout: Ignored.

        Returns:
            The result.
        """
        return reply.future.result(0)

    def timeout_error(self, method: str, timeout: float) -> LinkError:
        """Chooses an error; never needed, since every answer is there at once.

        Args:
            method: What was waited for.
            timeout: Seconds.

        Returns:
            The error.
        """
        return AnswerTimeoutError(method, timeout)

    def abandon(self, reply: Reply) -> None:
        """Forgets a request.

        Args:
            reply: From `request`.
        """

    def _take(self, method: str, params: dict[str, Any]) -> None:
        with self._lock:
            if method == "emit":
                self._emits.append(_emitted(params))
            elif method == "batch":
                self._emits.extend(_emitted(emit) for emit in params["emits"])
            else:
                self.requests.append((method, params))


@contextlib.contextmanager
def outbox(client: Client = default_client) -> Iterator[Outbox]:
    """Puts an outbox in the place of the sidecar for a block.

    Args:
        client: Whose emits to take.

    Yields:
        The outbox.
    """
    box = Outbox(client)
    client.process.replace_link(box)
    try:
        yield box
    finally:
        client.process.replace_link(None)


_automatic: list[tuple[Any, Outbox]] = []  # one, with what tells tests apart


def automatic_outbox(mails: Any) -> Outbox:
    """Gives the outbox of a Django test that has put no other in the sidecar's place.

    Args:
        mails: ``django.core.mail.outbox``: each of Django's test cases makes a new one, and that
            is when this one begins anew.

    Returns:
        The outbox of this test.
    """
    if not _automatic or _automatic[0][0] is not mails:
        _automatic[:] = [(mails, Outbox(default_client))]
    return _automatic[0][1]


def begin_anew() -> None:
    """Empties the outbox of Django's tests, for runners that keep ``mail.outbox`` between tests."""
    _automatic.clear()


def _emitted(params: dict[str, Any]) -> Emitted:
    return Emitted(
        event=params["event"],
        args=params["args"],
        to=params.get("to"),
        users=params.get("users"),
        namespace=params.get("namespace", "/"),
        params=params,
    )
