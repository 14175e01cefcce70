"""Several emits as one frame."""

from __future__ import annotations

import contextvars
from types import TracebackType
from typing import TYPE_CHECKING

import msgpack

if TYPE_CHECKING:
    from ._emitter import Emitter


class Batch:
    """Emits of one ``with`` block, sent as one frame at its end: taken or refused as a whole.

    Values are packed at the call. When the block raises, nothing is sent. A batch inside a batch
    belongs to the outer one.

    Args:
        emitter: What sends it.
        confirm: Wait at the end until the sidecar has accepted it.
        timeout: Seconds.
    """

    def __init__(self, emitter: Emitter, confirm: bool, timeout: float | None) -> None:
        self._emitter = emitter
        self._confirm = confirm
        self._timeout = timeout
        self._emits: list[bytes] = []
        self._volatile = True
        self._token: contextvars.Token[Batch | None] | None = None

    def add(self, packed: bytes, volatile: bool) -> None:
        """Adds one emit.

        Args:
            packed: Its params.
            volatile: Whether it may be dropped; the batch may when all of it may.
        """
        self._emits.append(packed)
        self._volatile = self._volatile and volatile

    def __enter__(self) -> Batch:
        if self._emitter._batch.get() is None:
            self._token = self._emitter._batch.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._finish(kind):
            if self._confirm:
                self._emitter._ask("batch", self._params(), self._timeout, len(self._emits))
            else:
                self._send()

    async def __aenter__(self) -> Batch:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._finish(kind):
            if self._confirm:
                await self._emitter._aask("batch", self._params(), self._timeout, len(self._emits))
            else:
                self._send()

    def _finish(self, kind: type[BaseException] | None) -> bool:
        """Ends the collecting; tells whether there is something to send."""
        if self._token is None:
            return False  # an inner one
        self._emitter._batch.reset(self._token)
        self._token = None
        return kind is None and bool(self._emits)

    def _send(self) -> None:
        link = self._emitter._link()
        frame = link.encoder.notification("batch", self._params())
        link.send(frame, volatile=self._volatile, emits=len(self._emits))

    def _params(self) -> bytes:
        count: bytes = msgpack.Packer().pack_array_header(len(self._emits))
        return b"\x81\xa5emits" + count + b"".join(self._emits)
