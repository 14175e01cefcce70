"""What is refused where it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import realtime_sidecar as realtime
from realtime_sidecar import Client, EncodeError
from realtime_sidecar.testing import Outbox, outbox
from support.sidecar import Sidecar

TEN = [b"x"] * 10


@pytest.mark.parametrize(
    "event",
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"],
)
def test_socket_ios_own_events(app_outbox: Outbox, event: str) -> None:
    with pytest.raises(ValueError, match="event of Socket"):
        realtime.emit(event)
    with pytest.raises(ValueError, match="event of Socket"):
        realtime.call(event)
    realtime.server_emit(event)  # no client hears of it
    assert not app_outbox.emits


def test_more_binary_values_than_clients_take(app_outbox: Outbox) -> None:
    for many in (
        lambda: realtime.emit("e", *TEN, b"x"),
        lambda: realtime.emit("e", {"a": [bytearray(b"x")]}, (*TEN,)),
        lambda: realtime.emit("e", *TEN, memoryview(b"x"), confirm=True),
        lambda: realtime.call("e", *TEN, b"x"),
    ):
        with pytest.raises(EncodeError, match="11 binary values"):
            many()
    with pytest.raises(EncodeError), realtime.batch():
        realtime.emit("e", *TEN, b"x")
    assert not app_outbox.emits
    realtime.emit("e", *TEN, "ąčę" * 20)  # text has bytes that could begin a binary value
    realtime.server_emit("e", *TEN, b"x")
    assert len(app_outbox.emits) == 1


def test_the_sidecars_limits_are_known_once_it_has_told_them(
    sidecar: Sidecar, client: Client
) -> None:
    client.emit("e", "a" * 2000)  # nobody knows yet that this is too much
    sidecar.limits = {"payload": 1000, "rooms": 2, "name": 10}
    client.process.configure()  # connects anew
    client.emit("e", confirm=True)
    client.emit("e", "a" * 900)
    client.emit("e", [0.5] * 200)  # 1800 bytes here, 801 as clients get it
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("arguments: 1001 bytes.*max_emit_size", lambda: client.emit("e", "a" * 501, ["b" * 500])),
        ("arguments: 1001 bytes", lambda: client.emit("e", b"a" * 1001, confirm=True)),
        ("3 rooms.*max_rooms", lambda: client.join("a", "b", "c", to="s")),
        (
            "room 'eleven char': 11 bytes.*max_name_length",
            lambda: client.join("eleven char", to="s"),
        ),
        ("user 'éèéèéè': 12 bytes", lambda: client.set("s", user="éèéèéè")),
    ]
    for expected, call in calls:
        with pytest.raises(EncodeError, match=expected):
            call()


def test_a_connect_hook_is_told_of_a_name_too_long(sidecar: Sidecar, client: Client) -> None:
    sidecar.limits = {"name": 10, "rooms": 2}
    refused: list[str] = []

    @client.process.router.on_connect
    def enter(socket: realtime.Socket) -> None:
        changes: list[Callable[[], Any]] = [
            lambda: socket.join("eleven char"),
            lambda: socket.join("a", "b", "c"),
            lambda: setattr(socket, "user", "eleven char"),
        ]
        for change in changes:
            with pytest.raises(EncodeError) as caught:
                change()
            refused.append(str(caught.value))
        socket.join("a", "b")

    client.process.serve()
    assert sidecar.link().connect().result == {"rooms": ["a", "b"]}
    assert len(refused) == 3


def test_an_ack_of_more_than_clients_take_is_an_error(
    sidecar: Sidecar, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.process.router.on("e")(lambda socket: [*TEN, b"x"])
    client.process.serve()
    error = sidecar.link().event("e").answer().error
    assert error is not None
    assert "11 binary values" in error["message"]
    assert "an answer cannot be sent" in caplog.text


def test_what_is_not_worth_compressing_says_so() -> None:
    with outbox() as sent:
        realtime.emit("e", compress=False)
        realtime.to("r").compress(False).emit("e")
        realtime.to("r").compress(False).compress().emit("e")
        realtime.send("hello", to="r", compress=False)
    assert [emit.params.get("compress") for emit in sent.emits] == [False, False, None, False]
    assert sent.emitted("message", "hello", to="r")
