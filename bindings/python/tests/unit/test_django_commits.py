"""Emits and Django's transactions, with real ones."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.db import connection, connections, transaction  # noqa: E402
from django.test import TestCase, TransactionTestCase  # noqa: E402
from shop.models import Order  # type: ignore[import-not-found]  # noqa: E402

import realtime_sidecar as realtime  # noqa: E402
from realtime_sidecar import EncodeError, InTransactionError  # noqa: E402
from realtime_sidecar.testing import Outbox, outbox  # noqa: E402


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as box:
        yield box


class Undo(Exception):
    pass


@contextlib.contextmanager
def undone(using: str = "default") -> Iterator[None]:
    with contextlib.suppress(Undo), transaction.atomic(using=using):
        yield
        raise Undo


def names(sent: Outbox) -> list[str]:
    return [emit.event for emit in sent.emits]


def test_nothing_waits_without_a_transaction(sent: Outbox) -> None:
    realtime.emit("a")
    assert names(sent) == ["a"]


def test_emits_leave_after_the_commit_in_order_as_one_frame(
    sent: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[int] = []
    real = sent.send

    def send(frame: bytes, *, volatile: bool = False, emits: int = 0) -> None:
        frames.append(emits)
        real(frame)

    monkeypatch.setattr(sent, "send", send)
    seen: list[list[str]] = []
    with transaction.atomic():
        realtime.emit("a", {"n": 1})
        transaction.on_commit(lambda: seen.append(names(sent)))
        realtime.emit("b")
        with transaction.atomic(savepoint=False):
            realtime.to("x").emit("c")
        assert not sent.emits
    assert names(sent) == ["a", "b", "c"]
    assert frames == [3]
    assert seen == [["a", "b", "c"]]


def test_a_rollback_forgets_and_the_next_transaction_begins_anew(sent: Outbox) -> None:
    with undone():
        realtime.emit("never")
    with transaction.atomic():
        realtime.emit("a")
    assert names(sent) == ["a"]


def test_savepoints_drop_their_own_and_keep_the_order(sent: Outbox) -> None:
    with transaction.atomic():
        realtime.emit("a")
        with undone():
            realtime.emit("never")
            with transaction.atomic():
                realtime.emit("never either")
            realtime.emit("nor this")
        realtime.emit("b")
        with transaction.atomic():
            realtime.emit("c")
        realtime.emit("d")
        with undone():
            realtime.emit("no")
    assert names(sent) == ["a", "b", "c", "d"]


def test_a_released_savepoint_falls_with_the_one_around_it(sent: Outbox) -> None:
    with transaction.atomic():
        with undone():
            with transaction.atomic():
                realtime.emit("released")
            realtime.emit("after it")
        realtime.emit("a")
    assert names(sent) == ["a"]


def test_a_savepoint_that_is_released_does_not_take_what_came_before_with_it(sent: Outbox) -> None:
    with transaction.atomic():
        realtime.emit("a")
        with undone():
            realtime.emit("never")
    assert names(sent) == ["a"]


def test_several_databases_are_waited_for_together(sent: Outbox) -> None:
    with transaction.atomic(), transaction.atomic(using="archive"):
        realtime.emit("both")
        realtime.emit("archive alone", using="archive")
        realtime.emit("again")
        assert not sent.emits
    assert names(sent) == ["archive alone", "both", "again"]
    sent.clear()
    with transaction.atomic():
        with undone("archive"):
            realtime.emit("forgotten with the archive")
            realtime.emit("kept", using="default")
        assert not sent.emits
    assert names(sent) == ["kept"]


def test_joins_and_disconnects_keep_their_place(sent: Outbox) -> None:
    with transaction.atomic():
        realtime.emit("a")
        realtime.join("vip", users=7)
        realtime.emit("b")
        realtime.disconnect(users=7, close=True)
        realtime.emit("now", now=True)
        realtime.emit("tick", volatile=True)
        assert names(sent) == ["now", "tick"]
        assert not sent.requests
        for ask in (lambda: realtime.emit("x", confirm=True), lambda: realtime.call("x")):
            with pytest.raises(InTransactionError):
                ask()
    assert names(sent) == ["now", "tick", "a", "b"]
    assert [method for method, _ in sent.requests] == ["join", "disconnect"]


def test_what_waits_is_bounded(sent: Outbox) -> None:
    limit = realtime.default_client.process.config.buffer_bytes
    with transaction.atomic():
        realtime.emit("big", "x" * (limit // 2))
        with pytest.raises(EncodeError, match="buffer_bytes"):
            realtime.emit("bigger", "x" * (limit // 2))
        realtime.emit("small")
    assert names(sent) == ["big", "small"]


def test_another_thread_does_not_wait(sent: Outbox) -> None:
    def elsewhere() -> None:
        realtime.emit("theirs")
        connections.close_all()

    with transaction.atomic():
        realtime.emit("ours")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert names(sent) == ["theirs"]
    assert names(sent) == ["theirs", "ours"]


def test_a_failure_at_the_commit_stops_no_other_callback(
    sent: Outbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(frame: bytes, **_: Any) -> None:
        raise OSError("broken")

    ran: list[bool] = []
    monkeypatch.setattr(sent, "send", broken)
    with transaction.atomic():
        realtime.emit("a")
        transaction.on_commit(lambda: ran.append(True))
    assert ran == [True]
    assert "could not be sent" in caplog.text


# Before Django 4.1 nothing tells a test case's own transactions from others: there emits of such
# tests wait for the callbacks of every database, or say using="default".
TOLD_APART = ["archive"] if hasattr(connection, "atomic_blocks") else []


class CommitsInTests(TestCase):
    databases = {"default", *TOLD_APART}  # noqa: RUF012 - as Django has it

    def test_emits_wait_for_the_block_that_runs_the_callbacks(self) -> None:
        with outbox() as sent:
            realtime.emit("before")
            with self.captureOnCommitCallbacks(execute=True) as callbacks:
                realtime.emit("a")
                realtime.emit("b")
            assert names(sent) == ["a", "b"]
            assert len(callbacks) == 2
            with self.captureOnCommitCallbacks(execute=True):
                realtime.emit("c")
            with self.captureOnCommitCallbacks():
                realtime.emit("not run")
            assert names(sent) == ["a", "b", "c"]

    def test_what_one_test_left_is_not_in_the_next(self) -> None:
        with outbox() as sent:
            with self.captureOnCommitCallbacks(execute=True):
                realtime.emit("mine")
            assert names(sent) == ["mine"]


class CommitsInTransactionTests(TransactionTestCase):
    databases = {"default"}  # noqa: RUF012 - as Django has it

    def test_commits_are_real(self) -> None:
        with outbox() as sent:
            with transaction.atomic():
                Order.objects.create(total=1)
                assert not sent.emits
            assert names(sent) == ["order.created"]
