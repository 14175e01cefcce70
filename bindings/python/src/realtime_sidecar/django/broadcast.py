"""Models that tell clients when their records change; what they tell is always named.

    broadcast_on_save(
        Order,
        room=lambda order: ["orders", order],
        data=lambda order: {"id": order.pk, "total": order.total},
    )

sends ``order.created``, ``order.updated`` and ``order.deleted`` after the commit. Without ``data``
or ``serializer`` only ``{"id": …}`` goes out, never the row.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from realtime_sidecar import default_client
from realtime_sidecar._gate import Act
from realtime_sidecar._params import emit_params
from realtime_sidecar._select import Select, addressees, namespace_name
from realtime_sidecar._sending import BATCH_DEPTH

from .commits import Commits

KINDS: Final = ("create", "update", "delete")
_PAST: Final = {"create": "created", "update": "updated", "delete": "deleted"}

_suppressed: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "realtime.suppressed", default=False
)


def broadcast_on_save(
    model: type[Model],
    *,
    room: Callable[[Any], Any] | None = None,
    data: Callable[[Any], Any] | None = None,
    serializer: Callable[[Any], Any] | None = None,
    as_: str | None = None,
    on: Sequence[str] = KINDS,
    namespace: str = "/",
) -> None:
    """Emits when a record of a model is created, changed or deleted; for ``models.py``.

    One event for each record and transaction, with the values of its last save: created and
    changed is ``created``, created and deleted is nothing; a savepoint counts by itself. Nothing is
    sent for fixtures, and, as Django sends no signals for them, for ``bulk_create``,
    ``bulk_update`` and ``QuerySet.update``.

    Args:
        model: The model; not abstract. Again for the same model and name: replaces it.
        room: Gives rooms as for ``to``; None means the record's own, ``shop.order:7``. None or an
            empty list from it is nobody.
        data: Gives what clients get. A deleted record is told with its id only.
        serializer: Instead: a class as of Django REST framework, ``serializer(record).data``.
        as_: The events' prefix; the model's name in small letters unless given.
        on: Some of ``create``, ``update``, ``delete``.
        namespace: The namespace.

    Raises:
        TypeError: Both `data` and `serializer`, an abstract model, or an unknown word in `on`.
    """
    if data is not None and serializer is not None:
        raise TypeError("give data or serializer, not both")
    if model._meta.abstract:
        raise TypeError(f"{model.__name__} is abstract: its records are those of other models")
    if unknown := set(on) - set(KINDS):
        raise TypeError(f"on: unknown {sorted(unknown)[0]!r}; known: {', '.join(KINDS)}")
    told = data if serializer is None else (lambda record: serializer(record).data)
    prefix = as_ or model._meta.model_name or model.__name__.lower()
    broadcast = _Broadcast(model, prefix, room, told, frozenset(on), namespace_name(namespace))
    name = f"realtime.{model._meta.label_lower}.{prefix}.{namespace}"
    for signal, receiver in ((post_save, broadcast.saved), (post_delete, broadcast.deleted)):
        signal.disconnect(sender=model, dispatch_uid=name)
        signal.connect(receiver, sender=model, dispatch_uid=name, weak=False)


@contextlib.contextmanager
def suppress() -> Iterator[None]:
    """Keeps models quiet for a block: for imports and repairs. Emits of your own still go out.

    Yields:
        Once.
    """
    token = _suppressed.set(True)
    try:
        yield
    finally:
        _suppressed.reset(token)


@dataclasses.dataclass(frozen=True)
class _Broadcast:
    """What one call of `broadcast_on_save` asked for."""

    model: type[Model]
    prefix: str
    room: Callable[[Any], Any] | None
    data: Callable[[Any], Any] | None
    on: frozenset[str]
    namespace: str

    def saved(
        self, instance: Model, created: bool, raw: bool = False, using: str = "", **_: Any
    ) -> None:
        if not raw:
            self._tell("create" if created else "update", instance, using)

    def deleted(self, instance: Model, using: str = "", **_: Any) -> None:
        self._tell("delete", instance, using)

    def _tell(self, kind: str, record: Model, using: str) -> None:
        if _suppressed.get():
            return
        sending = default_client.process.emitter.sending
        commits = sending.gate
        if not isinstance(commits, Commits) or commits.opened(None) is None:
            if (params := self._params(kind, record)) is not None:
                sending.send("emit", params)
            return
        name = (self.model, self.prefix, self.namespace)
        created: tuple[Any, ...] = (*name, using, record.pk, "create")
        changed = (*created[:-1], "update")
        is_new = commits.replace(None, created)
        commits.replace(None, changed)
        if is_new and kind == "delete":
            return  # nobody has heard of it
        kind = "create" if is_new else kind
        params = self._params(kind, record)
        act = None
        if params is not None:
            encoder = default_client.process.link().encoder
            act = Act("emit", encoder.pack(params, depth=BATCH_DEPTH))
        if act is not None or kind == "create":
            key = created if kind == "create" else changed
            commits.hold_record(None, act, sending.release, key)

    def _params(self, kind: str, record: Model) -> dict[str, Any] | None:
        """What to send; None for nothing, or to nobody."""
        if kind not in self.on:
            return None
        select = self._select(record)
        if not select.to:
            return None
        event = f"{self.prefix}.{_PAST[kind]}"
        return emit_params(select, event, [self._data(kind, record)])

    def _select(self, record: Model) -> Select:
        rooms = record if self.room is None else self.room(record)
        return Select(namespace=self.namespace, to=addressees("room", rooms))

    def _data(self, kind: str, record: Model) -> Any:
        if self.data is None or kind == "delete":
            return {"id": record.pk}
        return self.data(record)
