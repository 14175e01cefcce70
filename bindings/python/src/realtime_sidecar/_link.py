"""What carries frames to the sidecar, as those see it who make the frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ._limits import Limits
    from ._pending import Reply
    from ._protocol import Encoder
    from .errors import LinkError


class Link(Protocol):
    """The way to the sidecar: the connection, or in tests an outbox."""

    @property
    def encoder(self) -> Encoder:
        """Packs params and frames."""

    @property
    def limits(self) -> Limits:
        """What the sidecar takes, as far as it is known."""

    def send(self, frame: bytes, *, volatile: bool = False, emits: int = 0) -> None:
        """Sends a notification without waiting."""

    def request(self, method: str, params: bytes, *, emits: int = 0, resend: bool = False) -> Reply:
        """Sends a request without waiting."""

    def wait(self, reply: Reply, timeout: float) -> Any:
        """Waits for an answer."""

    def timeout_error(self, method: str, timeout: float) -> LinkError:
        """Chooses the error for a wait without an answer."""

    def abandon(self, reply: Reply) -> None:
        """Forgets a request."""
