"""Models that tell what happens to their records."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.contrib.auth.models import AnonymousUser, Group, User  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core import serializers  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.translation import gettext_lazy  # noqa: E402
from shop.models import Line, Order  # type: ignore[import-not-found]  # noqa: E402

import realtime_sidecar as realtime  # noqa: E402
from realtime_sidecar import EncodeError  # noqa: E402
from realtime_sidecar.django import broadcast_on_save, room, suppress, user  # noqa: E402
from realtime_sidecar.testing import Outbox, outbox  # noqa: E402


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as box:
        yield box
        with suppress():
            Order.objects.all().delete()


def told(sent: Outbox) -> list[tuple[str, Any]]:
    return [(emit.event, emit.args[0]) for emit in sent.emits]


def test_a_record_tells_its_life_to_its_rooms(sent: Outbox) -> None:
    order = Order.objects.create(total=Decimal("1.50"))
    pk = order.pk
    order.total = Decimal("2.50")
    order.save()
    order.delete()
    assert told(sent) == [
        ("order.created", {"id": pk, "total": "1.50"}),
        ("order.updated", {"id": pk, "total": "2.50"}),
        ("order.deleted", {"id": pk}),
    ]
    assert {tuple(emit.to or ()) for emit in sent.emits} == {("orders", f"shop.order:{pk}")}


def test_one_event_for_each_record_and_transaction_with_the_last_values(sent: Outbox) -> None:
    with transaction.atomic():
        first = Order.objects.create(total=1)
        second = Order.objects.create(total=2)
        first.total = 3
        first.save()
        gone = Order.objects.create(total=4)
        gone.delete()
    assert told(sent) == [
        ("order.created", {"id": second.pk, "total": 2}),
        ("order.created", {"id": first.pk, "total": 3}),
    ]
    sent.clear()
    with transaction.atomic():
        first.save()
        first.total = 5
        first.save()
        second.save()
        pk = second.pk
        second.delete()
    assert told(sent) == [
        ("order.updated", {"id": first.pk, "total": 5}),
        ("order.deleted", {"id": pk}),
    ]


def test_two_namespaces_both_hear_of_one_transaction(sent: Outbox) -> None:
    broadcast_on_save(Session, room=lambda session: "staff", namespace="staff")
    broadcast_on_save(Session, room=lambda session: "all", namespace="public")
    with transaction.atomic():
        session = Session.objects.create(session_key="two", expire_date=timezone.now())
        session.save()
    assert [(emit.event, emit.namespace) for emit in sent.emits] == [
        ("session.created", "/staff"),
        ("session.created", "/public"),
    ]
    session.delete()


def test_a_savepoint_takes_only_its_own_version_back(sent: Outbox) -> None:
    with transaction.atomic():
        order = Order.objects.create(total=1)
        with contextlib.suppress(ArithmeticError), transaction.atomic():
            order.total = 2
            order.save()
            raise ArithmeticError
    assert told(sent) == [("order.created", {"id": order.pk, "total": 1})]


def test_suppressed_and_fixtures_say_nothing(sent: Outbox) -> None:
    with suppress():
        order = Order.objects.create(total=1)
        realtime.emit("mine")
    (loaded,) = serializers.deserialize("json", serializers.serialize("json", [order]))
    loaded.save()
    assert [emit.event for emit in sent.emits] == ["mine"]


class GroupSerializer:
    def __init__(self, instance: Group) -> None:
        self.data = {"name": instance.name}


def test_other_names_serializers_and_namespaces(sent: Outbox) -> None:
    broadcast_on_save(
        Group, serializer=GroupSerializer, as_="team", on=["update"], namespace="admin"
    )
    group = Group.objects.create(name="a")
    group.name = "b"
    group.save()
    with transaction.atomic():
        late = Group.objects.create(name="late")
        late.save()  # created and changed is created, which nobody wants to hear
    (only,) = sent.emits
    assert (only.event, only.args, only.namespace) == ("team.updated", [{"name": "b"}], "/admin")
    assert only.to == [f"auth.group:{group.pk}"]
    Group.objects.all().delete()
    with pytest.raises(TypeError, match="not both"):
        broadcast_on_save(Group, data=str, serializer=str)
    with pytest.raises(TypeError, match="unknown 'change'"):
        broadcast_on_save(Group, on=["change"])


def test_without_data_only_the_id_goes_out_and_a_room_of_none_is_nobody(sent: Outbox) -> None:
    broadcast_on_save(Line, room=lambda line: None if line.sku == "quiet" else "lines")
    Line.objects.create(sku="quiet")
    Line.objects.create(sku="loud")
    assert told(sent) == [("line.created", {"id": "loud"})]
    Line.objects.all().delete()


def test_records_are_rooms_and_users_are_keys(sent: Outbox) -> None:
    with suppress():
        order = Order.objects.create(total=1)
        line = Line.objects.create(sku="abc")
    ann = User.objects.create(username="ann")
    realtime.emit("a", to=order)
    realtime.emit("b", to=[line, "x"])
    realtime.emit("c", users=[ann, "8"])
    realtime.to(order).to_user(ann).emit("d")
    user(ann).emit("e")
    assert [(e.to, e.users) for e in sent.emits] == [
        ([f"shop.order:{order.pk}"], None),
        (["shop.line:abc", "x"], None),
        (None, [str(ann.pk), "8"]),
        ([f"shop.order:{order.pk}"], [str(ann.pk)]),
        (None, [str(ann.pk)]),
    ]
    assert room(order, "lines", 3) == f"shop.order:{order.pk}:lines:3"
    assert sent.emitted("a", to=order)
    ann.delete()
    Line.objects.all().delete()
    with pytest.raises(ValueError, match="never saved"):
        room(Order(total=1))
    with pytest.raises(TypeError, match="no key"):
        realtime.emit("x", users=AnonymousUser())
    with pytest.raises(TypeError):
        realtime.emit("x", users=order)


def test_values_have_djangos_forms(sent: Outbox) -> None:
    key = uuid.uuid4()
    realtime.emit("a", Decimal("1.10"), key, gettext_lazy("Thank you"), b"\x00")
    assert sent.emits[0].args == ["1.10", str(key), "Thank you", b"\x00"]
    with pytest.raises(EncodeError, match="QuerySet"):
        realtime.emit("a", Order.objects.all())
