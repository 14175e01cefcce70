"""Several emits as one frame."""

from __future__ import annotations

import contextvars
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._gate import Act
from ._sending import Sending, batch_params

if TYPE_CHECKING:
    from ._emitter import Emitter


class Batch:
    """Emits of one ``with`` block, sent as one frame at its end: taken or refused as a whole.

    Values are packed at the call. When the block raises, nothing is sent. A batch inside a batch
    belongs to the outer one. In an open transaction the whole batch waits for it; a savepoint
    that begins inside the batch cuts it in two.

    Args:
        emitter: What asks, when it is to be confirmed.
        sending: What sends it.
        confirm: Wait at the end until the sidecar has accepted it.
        timeout: Seconds.
    """

    def __init__(
        self, emitter: Emitter, sending: Sending, confirm: bool, timeout: float | None
    ) -> None:
        self._emitter = emitter
        self._sending = sending
        self._confirm = confirm
        self._timeout = timeout
        self._emits: list[Act] = []
        self._token: contextvars.Token[Batch | None] | None = None
        self.opened: Any = None
        """The transaction in which it began, as `Gate.opened` tells it."""

    def add(self, emit: Act) -> None:
        """Adds one emit.

        Args:
            emit: It.
        """
        self._emits.append(emit)

    def flush(self) -> None:
        """Sends what it holds, since something else must come after that."""
        emits, self._emits = self._emits, []
        if emits:
            self._sending.finish(emits)

    def __enter__(self) -> Batch:
        if self._sending.batch.get() is None:
            if self._confirm:
                self._sending.refuse_waiting("batch(confirm=True)")
            self.opened = self._sending.opened()
            self._token = self._sending.batch.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._finish(kind):
            return
        if self._confirm:
            params = batch_params(self._emits)
            self._emitter.asking.ask("batch", params, self._timeout, len(self._emits))
        else:
            self.flush()

    async def __aenter__(self) -> Batch:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._finish(kind):
            return
        if self._confirm:
            params = batch_params(self._emits)
            await self._emitter.asking.aask("batch", params, self._timeout, len(self._emits))
        else:
            self.flush()

    def _finish(self, kind: type[BaseException] | None) -> bool:
        """Ends the collecting; tells whether there is something to send."""
        if self._token is None:
            return False  # an inner one
        self._sending.batch.reset(self._token)
        self._token = None
        return kind is None and bool(self._emits)
