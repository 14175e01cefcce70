"""Signals about clients, and that nothing is paid for those nobody hears."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.dispatch import Signal  # noqa: E402

from realtime_sidecar import Client  # noqa: E402
from realtime_sidecar.django import (  # noqa: E402
    Context,
    client_connected,
    client_disconnected,
    event_received,
)
from realtime_sidecar.django.handlers import surroundings  # noqa: E402
from support.sidecar import Link, Sidecar  # noqa: E402

pytestmark = pytest.mark.usefixtures("app_outbox")

Hear = Callable[[Signal], list[dict[str, Any]]]


@pytest.fixture
def hear() -> Iterator[Hear]:
    connected: list[tuple[Signal, Any]] = []

    def listen(signal: Signal) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []

        def receiver(**kwargs: Any) -> None:
            heard.append({**kwargs, "thread": threading.current_thread().name})

        signal.connect(receiver, weak=False)
        connected.append((signal, receiver))
        return heard

    yield listen
    for signal, receiver in connected:
        assert signal.disconnect(receiver)


def serve(sidecar: Sidecar, client: Client) -> Link:
    client.process.surround(surroundings())
    client.process.serve()
    return sidecar.link()


def about(heard: dict[str, Any], *names: str) -> list[Any]:
    return [heard[name] for name in names]


def test_nobody_who_listens_costs_no_question(sidecar: Sidecar, client: Client) -> None:
    assert serve(sidecar, client).hello["hooks"] == ["connect"]  # to identify users


def test_a_client_comes_speaks_and_leaves(sidecar: Sidecar, client: Client, hear: Hear) -> None:
    came, spoke, left = hear(client_connected), hear(event_received), hear(client_disconnected)
    link = serve(sidecar, client)
    assert link.hello["hooks"] == ["connect", "disconnect"]
    assert link.connect("s1", "/").error is None
    assert link.event("paint", "red", socket="s1", user="7").result() is None
    asked = link.ask("disconnect", id="b-2", socket="s1", namespace="/", reason="bye", user="7")
    assert asked.result() == {}
    ((one,), (two,), (three,)) = came, spoke, left
    assert isinstance(one["ctx"], Context)
    assert about(one, "sender", "namespace", "socket_id", "user_pk") == [Context, "/", "s1", None]
    assert about(two, "socket_id", "user_pk", "event", "args", "ack") == [
        "s1", "7", "paint", ["red"], True,
    ]  # fmt: skip
    assert about(three, "socket_id", "user_pk", "reason") == ["s1", "7", "bye"]


def test_a_refused_client_has_not_come(sidecar: Sidecar, client: Client, hear: Hear) -> None:
    came = hear(client_connected)

    @client.process.router.on_connect
    def hook(ctx: Context, auth: Any) -> Any:
        ctx.user = 7
        return auth == "good"

    link = serve(sidecar, client)
    assert link.connect(auth="bad").error is not None
    assert link.connect(auth="good").error is None
    assert [signal["user_pk"] for signal in came] == ["7"]


def test_an_async_handler_stays_on_its_loop_with_a_sync_receiver(
    sidecar: Sidecar, client: Client, hear: Hear
) -> None:
    spoke = hear(event_received)

    @client.process.router.on("e")
    async def handler(ctx: Context) -> str:
        return threading.current_thread().name

    assert serve(sidecar, client).event("e").result() == ["realtime.loop"]
    assert spoke[0]["event"] == "e"
    assert spoke[0]["thread"] != "realtime.loop"


def test_a_receiver_that_raises_is_logged_and_changes_nothing(
    sidecar: Sidecar, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def receiver(**kwargs: Any) -> None:
        raise RuntimeError("broken receiver")

    @client.process.router.on("e")
    def handler(ctx: Context) -> str:
        return "done"

    event_received.connect(receiver)
    caplog.set_level(logging.ERROR)
    try:
        assert serve(sidecar, client).event("e").result() == ["done"]
    finally:
        event_received.disconnect(receiver)
    (record,) = [r for r in caplog.records if r.exc_info and "broken" in str(r.exc_info[1])]
    assert "receiver" in record.getMessage()
