"""What a framework's open transaction holds back, with a transaction made by hand."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pytest

from realtime_sidecar import Client, InTransactionError
from realtime_sidecar._gate import Act, Release
from realtime_sidecar.testing import Outbox, outbox


class Transaction:
    """Open for as long as `name` is set; `commit` lets go what was held."""

    def __init__(self) -> None:
        self.name: str | None = "one"
        self.held: list[Act] = []
        self.release: Release | None = None

    def opened(self, using: str | None) -> Hashable | None:
        return self.name if using in (None, "default") else None

    def hold(self, using: str | None, act: Act, release: Release) -> None:
        self.held.append(act)
        self.release = release

    def commit(self) -> None:
        acts, self.held, self.name = self.held, [], None
        if self.release is not None:
            self.release(acts)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def transaction(client: Client) -> Transaction:
    gate = Transaction()
    client.process.emitter.sending.gate = gate
    return gate


@pytest.fixture
def sent(client: Client) -> Iterator[Outbox]:
    with outbox(client) as box:
        yield box


def test_everything_waits_in_order_with_the_values_of_the_call(
    client: Client, transaction: Transaction, sent: Outbox
) -> None:
    value = {"total": 1}
    client.emit("a", value)
    client.emit("b")
    client.join("vip", users=7)
    client.to("x").emit("c")
    client.disconnect(logins="l", close=True)
    client.set("s1", data=1)
    client.server_emit("reload")
    value["total"] = 2
    assert not sent.emits
    assert not sent.requests
    transaction.commit()
    assert [(e.event, e.args) for e in sent.emits] == [("a", [{"total": 1}]), ("b", []), ("c", [])]
    assert [method for method, _ in sent.requests] == ["join", "disconnect", "set", "server_emit"]
    assert sent.requests[1][1] == {"namespace": "/", "logins": ["l"], "close": True}


def test_emits_that_follow_each_other_leave_as_one_frame(
    client: Client, transaction: Transaction, sent: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        client.emit("n", number)
    frames: list[tuple[int, bool]] = []
    real = sent.send

    def send(frame: bytes, *, volatile: bool = False, emits: int = 0) -> None:
        frames.append((emits, volatile))
        real(frame)

    monkeypatch.setattr(sent, "send", send)
    transaction.commit()
    assert frames == [(3, False)]
    assert [emit.args for emit in sent.emits] == [[0], [1], [2]]


def test_now_volatile_and_another_database_do_not_wait(
    client: Client, transaction: Transaction, sent: Outbox
) -> None:
    client.emit("late")
    client.emit("a", now=True)
    client.emit("b", volatile=True)
    client.to("x").now.emit("c")
    client.emit("d", using="other")
    client.of("/n").using("other").emit("e")
    assert client.emit("f", confirm=True, now=True)
    assert [emit.event for emit in sent.emits] == ["a", "b", "c", "d", "e", "f"]


def test_what_waits_for_an_answer_is_refused(client: Client, transaction: Transaction) -> None:
    refused: list[Any] = [
        lambda: client.emit("a", confirm=True),
        lambda: client.call("a"),
        lambda: client.join("a", users=1, confirm=True),
        lambda: client.batch(confirm=True).__enter__(),
    ]
    for ask in refused:
        with pytest.raises(InTransactionError, match=r"after the commit.*now=True"):
            ask()


def test_a_batch_of_the_transaction_waits_and_one_around_it_takes_what_was_committed(
    client: Client, transaction: Transaction, sent: Outbox
) -> None:
    with client.batch():
        client.emit("a")
        client.emit("b")
    assert not sent.emits
    transaction.commit()
    with client.batch():
        client.emit("c")
        transaction.name = "two"
        client.emit("d")
        transaction.commit()
        client.emit("e")
        assert [emit.event for emit in sent.emits] == ["a", "b"]
    assert [emit.event for emit in sent.emits] == ["a", "b", "c", "d", "e"]


def test_a_savepoint_cuts_a_batch_and_keeps_the_order(
    client: Client, transaction: Transaction, sent: Outbox
) -> None:
    with client.batch():
        client.emit("a")
        transaction.name = "one, savepoint"
        client.emit("b")
        transaction.name = "one"
        client.emit("c")
    transaction.commit()
    assert [emit.event for emit in sent.emits] == ["a", "b", "c"]


def test_a_batch_that_raises_in_a_transaction_sends_nothing(
    client: Client, transaction: Transaction, sent: Outbox
) -> None:
    def fail() -> None:
        with client.batch():
            client.emit("a")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    transaction.commit()
    assert not sent.emits
