"""What is sent without waiting: at once, with its batch, or after the open transaction."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgpack

from ._gate import Act, Gate
from ._select import Select
from .errors import InTransactionError

if TYPE_CHECKING:
    from ._batch import Batch
    from ._link import Link
    from ._protocol import Encoder

BATCH_DEPTH: Final = 4  # frame, params, map, list of emits
BATCH_EMITS: Final = 4096  # the sidecar takes no more in one frame
BATCH_BYTES: Final = 4 << 20  # far below a frame's limit; more becomes several frames

FOR_CLIENTS: Final = frozenset(("emit", "call", "ack"))  # methods whose args clients get

_ANYWHERE: Final = Select()


class Sending:
    """The way of notifications from the caller to the link.

    Thread-safe; never waits. The order of one thread's calls is kept, but that what waits for a
    transaction comes after what does not.

    Args:
        link: Gives the link; asked anew each time.
    """

    def __init__(self, link: Callable[[], Link]) -> None:
        self._link = link
        self.gate: Gate | None = None
        self.batch: contextvars.ContextVar[Batch | None] = contextvars.ContextVar(
            "realtime.batch", default=None
        )

    def opened(self, select: Select = _ANYWHERE) -> Any:
        """Tells which transaction a call would wait for.

        Args:
            select: Of the call.

        Returns:
            As `Gate.opened`; None where the call said ``now``.
        """
        return None if self.gate is None or select.now else self.gate.opened(select.using)

    def refuse_waiting(self, what: str, select: Select = _ANYWHERE) -> None:
        """Refuses a call that would wait for an answer inside a transaction.

        Args:
            what: The call, for the error.
            select: Of the call; ``now`` allows it.

        Raises:
            InTransactionError: A transaction is open.
        """
        if self.opened(select) is not None:
            raise InTransactionError(what)

    def send(self, method: str, params: dict[str, Any], select: Select = _ANYWHERE) -> None:
        """Sends a notification, now or later.

        Args:
            method: Its method.
            params: Its params; packed here, so that later changes do not count.
            select: Of the call.

        Raises:
            EncodeError: A value has no form on the wire, or it is more than clients take.
        """
        gate, batch, link = self.gate, self.batch.get(), self._link()
        if gate is None and batch is None:
            frame = link.encoder.notification(method, params)
            check_args(link, method, params, frame)
            link.send(frame, volatile=select.volatile, emits=int(method == "emit"))
            return
        act = Act(method, link.encoder.pack(params, depth=BATCH_DEPTH), select.volatile)
        check_args(link, method, params, act.packed)
        opened = self.opened(select)
        collects = batch is not None and method == "emit"
        if opened is not None and select.volatile:
            self._send((act,))
        elif collects and batch is not None and batch.opened == opened:
            batch.add(act)
        elif opened is not None and gate is not None:
            if batch is not None and batch.opened is not None:
                batch.flush()  # what it holds was said before this
            gate.hold(select.using, act, self.release)
        elif collects and batch is not None and batch.opened is None:
            batch.add(act)
        else:
            self._send((act,))

    def finish(self, emits: Sequence[Act]) -> None:
        """Sends the emits of a batch, now or after the open transaction.

        Args:
            emits: They.
        """
        act = Act("batch", batch_params(emits), all(emit.volatile for emit in emits))
        if self.gate is not None and self.gate.opened(None) is not None:
            self.gate.hold(None, act, self.release)
        else:
            self._send_one(act, len(emits))

    def release(self, acts: Sequence[Act]) -> None:
        """Sends what has waited: consecutive emits as one batch.

        Args:
            acts: In order.
        """
        batch = self.batch.get()
        if batch is None or batch.opened is not None:
            self._send(acts)
            return
        for act in acts:
            if act.method == "emit":
                batch.add(act)
            else:
                self._send((act,))

    def _send(self, acts: Sequence[Act]) -> None:
        for run in _runs(acts):
            if len(run) == 1:
                self._send_one(run[0], int(run[0].method == "emit"))
            else:
                volatile = all(act.volatile for act in run)
                self._send_one(Act("batch", batch_params(run), volatile), len(run))

    def _send_one(self, act: Act, emits: int) -> None:
        link = self._link()
        frame = link.encoder.notification(act.method, act.packed)
        link.send(frame, volatile=act.volatile, emits=emits)


def check_args(link: Link, method: str, params: dict[str, Any], packed: bytes) -> None:
    """Holds what clients are to get against what they and the sidecar take.

    Args:
        link: Knows the limits.
        method: The method.
        params: Its params.
        packed: They, packed, with whatever is around them.

    Raises:
        EncodeError: Too much.
    """
    if method in FOR_CLIENTS and not link.limits.let_through(packed):
        link.limits.check_args(read_back(link.encoder, params["args"]))


def read_back(encoder: Encoder, args: Sequence[Any]) -> Any:
    """Gives values as the sidecar reads them.

    Args:
        encoder: Packs them.
        args: The values.

    Returns:
        A list.
    """
    return msgpack.unpackb(encoder.pack(list(args)), strict_map_key=False, timestamp=0)


def batch_params(emits: Sequence[Act]) -> bytes:
    """Builds the params of a batch.

    Args:
        emits: Emits.

    Returns:
        The packed map.
    """
    count: bytes = msgpack.Packer().pack_array_header(len(emits))
    return b"\x81\xa5emits" + count + b"".join(emit.packed for emit in emits)


def _runs(acts: Sequence[Act]) -> Iterator[list[Act]]:
    """Cuts acts into frames: emits that follow each other together, within the limits."""
    run: list[Act] = []
    size = 0
    for act in acts:
        full = len(run) >= BATCH_EMITS or size + len(act.packed) > BATCH_BYTES
        if run and (full or act.method != "emit" or run[-1].method != "emit"):
            yield run
            run, size = [], 0
        run.append(act)
        size += len(act.packed)
    if run:
        yield run
