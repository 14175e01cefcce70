"""The link over a real socket: order, losses, reconnects, limits."""

from __future__ import annotations

import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from realtime_sidecar import AnswerTimeoutError, Client, NotConnectedError, RequestError
from realtime_sidecar import _protocol as protocol
from support.sidecar import PATIENCE, Sidecar
from support.waiting import eventually

Make = Callable[..., Client]


def status(client: Client) -> Any:
    return client.process.status()


def connected(client: Client) -> None:
    client.emit("ready", "ready", confirm=True)


def test_nothing_connects_before_something_is_sent(sidecar: Sidecar, client: Client) -> None:
    client.to("a")
    assert status(client).connected is False
    assert not [t for t in threading.enumerate() if t.name.startswith("realtime.")]
    client.emit("e", 1)
    assert sidecar.link().hello["role"] == "emitter"


def test_the_greeting(sidecar: Sidecar, make_client: Make) -> None:
    make_client(app="shop", generation="7", token="t").emit("e")
    hello = sidecar.link().hello
    assert hello.pop("language").startswith("python 3.")
    assert hello.pop("pid") > 0
    assert hello == {
        "protocol": [1, 1], "features": [], "role": "emitter", "app": "shop", "generation": "7",
        "version": "0.1.0", "token": "t",
    }  # fmt: skip


def test_emits_of_many_threads_arrive_whole_and_in_order(sidecar: Sidecar, client: Client) -> None:
    def work(name: int) -> None:
        for number in range(500):
            client.emit("e", [name, number, "x" * (number % 97)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    got = sidecar.link().emits(4000)
    for name in range(8):
        assert [number for who, number, _ in got if who == name] == list(range(500))


def test_what_is_emitted_while_the_sidecar_is_away_arrives_later(make_client: Make) -> None:
    with Sidecar() as other:
        other.stop()
        client = make_client(socket=other.path)
        for number in range(100):
            client.emit("e", number)
        assert status(client).buffered == 100
        other.listen()
        assert other.link().emits(100) == list(range(100))
        assert (status(client).dropped, status(client).lost) == (0, 0)
        client.process.stop()


def test_a_restart_of_the_sidecar_loses_nothing_that_was_not_written(
    sidecar: Sidecar, client: Client
) -> None:
    connected(client)
    sidecar.link()
    sidecar.stop()
    eventually(lambda: not status(client).connected)
    for number in range(50):
        client.emit("e", number)
    sidecar.listen()
    assert sidecar.link().emits(50) == list(range(50))


class OutOfTimeError(BaseException):
    """What a handler of SIGALRM raises, as Ctrl-C's raises KeyboardInterrupt."""


def interrupted_emits(client: Client, times: int) -> int:
    """Emits numbers from 1 on, thrown out so many times wherever it is; gives the last."""

    def throw(*_: object) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, throw)
    number = 0
    try:
        for _ in range(times):
            connected(client)
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(2e-5, 3e-4))
                while True:
                    number += 1
                    client.emit("e", number)
            except OutOfTimeError:
                pass
    finally:
        signal.signal(signal.SIGALRM, before)
    return number


def test_a_signal_that_throws_out_of_an_emit_costs_what_it_was_writing(
    sidecar: Sidecar, make_client: Make, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(retry_delay=0.001)
    last = interrupted_emits(client, 200)
    connected(client)  # the link still writes
    links = [sidecar.links.get() for _ in range(sidecar.links.qsize())]
    links[-1].cut()
    frames = [frame for link in links for frame in iter(link.frames.get, None)]
    numbers = [f.params["args"][0] for f in frames if f.params["event"] == "e"]
    assert numbers == sorted(set(numbers)), "in order, and none twice"
    assert len(links) > 20, "it was writing now and then"
    got = status(client)
    assert (got.dropped, got.buffered_bytes, got.unanswered) == (0, 0, 0)
    # An emit begun too late was not queued; one that counts as lost may have arrived all the same.
    assert len(numbers) + got.lost >= last - 200
    assert "reason=whoever was writing to it was interrupted" in caplog.text


def test_beyond_the_buffer_volatile_emits_go_first_then_the_oldest(make_client: Make) -> None:
    with Sidecar() as other:
        other.stop()
        client = make_client(socket=other.path, buffer_bytes=1000)
        for number in range(6):
            client.emit("e", f"volatile {number}" + "x" * 60, volatile=True)
        for number in range(20):
            client.emit("e", number, "x" * 60)
        got = status(client)
        assert got.dropped_volatile == 6
        assert got.dropped == 20 - got.buffered
        assert got.buffered_bytes <= 1000
        other.listen()
        assert other.link().emits(got.buffered) == list(range(20))[-got.buffered :]
        client.process.stop()


def test_a_sidecar_that_does_not_read_never_blocks_an_emit(
    sidecar: Sidecar, make_client: Make
) -> None:
    with Sidecar() as slow:
        held = threading.Event()
        slow.answers["emit"] = lambda _: (None, {"held": held.wait(PATIENCE)})
        client = make_client(socket=slow.path, buffer_bytes=200_000)
        client.process.link().request("emit", b"\x80")  # stops the reader
        slow.link()
        started = time.monotonic()
        for number in range(2000):
            client.emit("e", number, "x" * 1000)
        assert time.monotonic() - started < PATIENCE  # as long as the reader is held
        got = status(client)
        assert got.buffered_bytes <= 200_000
        assert got.dropped > 500
        held.set()
        eventually(lambda: status(client).buffered == 0)
        client.process.stop()


def test_confirm_without_a_sidecar_raises_in_time_and_says_what_to_do(tmp_path: Any) -> None:
    client = Client(socket=str(tmp_path / "absent.sock"), retry_delay=0.01)
    started = time.monotonic()
    with pytest.raises(NotConnectedError, match="REALTIME_SOCKET") as caught:
        client.emit("e", confirm=True, timeout=0.2)
    assert 0.15 < time.monotonic() - started < 4.5  # the default is 5 s
    assert caught.value.socket_path == str(tmp_path / "absent.sock")
    assert caught.value.reason == "the socket does not exist"
    assert caught.value.attempts >= 1
    assert status(client).buffered_bytes == 0  # nobody waits for it any more: never sent
    client.process.stop()


def test_confirm_without_an_answer_raises_in_time(sidecar: Sidecar, client: Client) -> None:
    del sidecar.answers["emit"]
    client.emit("ready")
    sidecar.link().expect("emit")  # it is connected
    with pytest.raises(AnswerTimeoutError, match="emit within"):
        client.emit("e", confirm=True, timeout=0.1)
    assert status(client).unanswered == 0


def test_a_confirmed_emit_survives_a_lost_connection_under_its_id(
    sidecar: Sidecar, client: Client
) -> None:
    answer = sidecar.answers.pop("emit")
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(client.emit, "e", confirm=True)
        link = sidecar.link()
        first = link.expect("emit").params["id"]
        sidecar.answers["emit"] = answer
        link.cut()
        assert sidecar.link().expect("emit").params["id"] == first
        assert result.result(PATIENCE) == first


def test_a_lost_connection_ends_other_waits(sidecar: Sidecar, client: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(client.count)
        link = sidecar.link()
        link.expect("count")
        link.cut()
        with pytest.raises(NotConnectedError, match="connection was lost"):
            result.result(PATIENCE)


def test_more_requests_than_the_window_are_busy(sidecar: Sidecar, client: Client) -> None:
    sidecar.window = 2
    connected(client)
    link = client.process.link()
    link.request("count", b"\x80")
    link.request("count", b"\x80")
    with pytest.raises(RequestError, match="busy: 2 requests"):
        client.count()


def test_a_silent_sidecar_is_pinged_and_then_left(sidecar: Sidecar, client: Client) -> None:
    sidecar.heartbeat = 30
    connected(client)
    first = sidecar.link()
    time_of_three_beats = threading.Event()
    assert not time_of_three_beats.wait(0.15)
    assert status(client).connected  # the pings are answered
    del sidecar.answers["ping"]
    assert first.closed.wait(PATIENCE)
    sidecar.link()


def test_pings_of_the_sidecar_are_answered(sidecar: Sidecar, client: Client) -> None:
    connected(client)
    assert sidecar.link().ask("ping").result() == {}


def test_when_the_sidecar_drains_the_process_reconnects_with_a_bye(
    sidecar: Sidecar, client: Client
) -> None:
    connected(client)
    first = sidecar.link()
    first.expect("emit")
    first.tell("drain", reason="update")
    assert first.expect("bye").params == {"reason": "renewing"}
    client.emit("e", 1)
    assert sidecar.link().emits(1) == [1]


@pytest.mark.parametrize(
    "garbage", [b"\x00\x00\x00\x00", b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x01\xc1"]
)
def test_bytes_that_break_the_rules_end_that_connection_only(
    sidecar: Sidecar, client: Client, garbage: bytes
) -> None:
    connected(client)
    first = sidecar.link()
    first.send_bytes(garbage)
    assert first.closed.wait(PATIENCE)
    client.emit("e", 1)
    assert sidecar.link().emits(1) == [1]


def test_unknown_frames_and_late_answers_are_ignored(sidecar: Sidecar, client: Client) -> None:
    connected(client)
    link = sidecar.link()
    link.tell("news", of="tomorrow")
    link.send(protocol.Response(999, None, {}))
    assert link.ask("frobnicate").answer().error == {
        "code": "draining", "message": "this process takes no work"
    }  # fmt: skip
    assert status(client).connected


def test_a_refused_greeting_is_told(sidecar: Sidecar, client: Client) -> None:
    refusal = {"code": "version", "message": "speaks 2 to 3"}
    sidecar.answers["hello"] = lambda _: (refusal, None)
    with pytest.raises(NotConnectedError, match="version: speaks 2 to 3"):
        client.emit("e", confirm=True, timeout=1.0)


def test_a_rejected_emit_is_logged_and_counted(
    sidecar: Sidecar, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    connected(client)
    sidecar.link().tell("rejected", code="reserved_event", message="connect is reserved")
    eventually(lambda: status(client).rejected == 1)
    eventually(lambda: "connect is reserved" in caplog.text)


def test_an_outage_is_logged_once(
    sidecar: Sidecar, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    connected(client)
    sidecar.stop()
    eventually(lambda: status(client).failures >= 3)
    sidecar.listen()
    sidecar.link()
    eventually(lambda: "connected again" in caplog.text)
    assert caplog.text.count("no link to ") == 1


def test_stop_writes_what_waits_and_says_bye(sidecar: Sidecar, client: Client) -> None:
    for number in range(1000):
        client.emit("e", number)
    client.process.stop("done")
    link = sidecar.link()
    assert link.emits(1000) == list(range(1000))
    assert link.expect("bye").params == {"reason": "done"}
    assert link.closed.wait(PATIENCE)


def test_stop_without_a_sidecar_takes_the_flush_time_and_counts(tmp_path: Any) -> None:
    client = Client(socket=str(tmp_path / "absent.sock"), flush_timeout=0.2, stop_timeout=PATIENCE)
    client.emit("e")
    started = time.monotonic()
    client.process.stop()
    assert time.monotonic() - started < PATIENCE / 2
    assert status(client).dropped == 1


def test_after_a_stop_the_next_emit_connects_again(sidecar: Sidecar, client: Client) -> None:
    client.emit("e", 1)
    client.process.stop()
    assert sidecar.link().emits(1) == [1]
    client.emit("e", 2)
    assert sidecar.link().emits(1) == [2]


def test_configure_anew_moves_the_link(sidecar: Sidecar, client: Client) -> None:
    with Sidecar() as other:
        client.emit("e", 1)
        assert sidecar.link().emits(1) == [1]
        client.process.configure(socket=other.path)
        client.emit("e", 2)
        assert other.link().emits(1) == [2]
        client.process.stop()
