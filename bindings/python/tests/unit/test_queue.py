from __future__ import annotations

import random

from realtime_sidecar._queue import READ_AHEAD, Entry, Kind, SendQueue


def put(queue: SendQueue, name: bytes, kind: Kind = Kind.EMIT) -> Entry:
    entry = Entry(name, kind, 1)
    queue.put(entry)
    return entry


def drain(queue: SendQueue, step: int = 1 << 30) -> bytes:
    out = b""
    while queue:
        part = bytes(queue.take()[:step])
        out += part
        queue.wrote(len(part))
    return out


def test_frames_leave_in_order_however_the_writes_are_cut() -> None:
    for step in (1, 2, 3, 7, 1000):
        queue = SendQueue(1000)
        for name in (b"one", b"two", b"three", b"four"):
            put(queue, name)
        assert drain(queue, step) == b"onetwothreefour"
        assert queue.bytes == 0


def test_volatile_frames_are_dropped_first_and_then_the_oldest() -> None:
    queue = SendQueue(4)
    put(queue, b"a")
    put(queue, b"v", Kind.VOLATILE)
    put(queue, b"b")
    put(queue, b"w", Kind.VOLATILE)
    put(queue, b"c")
    assert (queue.dropped_volatile, queue.dropped) == (1, 0)
    put(queue, b"d")
    put(queue, b"e")
    assert (queue.dropped_volatile, queue.dropped) == (2, 1)
    assert drain(queue) == b"bcde"


def test_requests_are_not_dropped_for_room_but_refused() -> None:
    queue = SendQueue(2)
    assert queue.put(Entry(b"r", Kind.REQUEST))
    assert queue.put(Entry(b"s", Kind.REQUEST))
    assert not queue.put(Entry(b"t", Kind.REQUEST))
    assert not queue.put(Entry(b"e", Kind.EMIT, 1))
    assert queue.put(Entry(b"answer", Kind.ANSWER))
    assert queue.dropped == 1
    assert drain(queue) == b"rsanswer"


def test_one_frame_larger_than_the_limit_can_be_sent() -> None:
    queue = SendQueue(2)
    put(queue, b"large")
    assert drain(queue) == b"large"
    assert queue.dropped == 0


def test_a_frame_of_which_a_byte_was_written_is_not_written_again() -> None:
    queue = SendQueue(100)
    put(queue, b"one")
    put(queue, b"cut")
    queue.put(Entry(b"answer", Kind.ANSWER))
    put(queue, b"kept")
    queue.take()
    queue.wrote(4)
    lost = queue.connection_lost()
    assert [entry.emits for entry in lost] == [1]
    assert queue.bytes == 4
    assert drain(queue) == b"kept"


def test_a_cancelled_frame_leaves_no_trace() -> None:
    queue = SendQueue(100)
    put(queue, b"a")
    entry = put(queue, b"b", Kind.REQUEST)
    put(queue, b"c")
    queue.cancel(entry)
    queue.cancel(entry)
    assert drain(queue) == b"ac"


def test_frames_put_back_go_first() -> None:
    queue = SendQueue(100)
    put(queue, b"c")
    queue.put_first([Entry(b"a", Kind.REQUEST), Entry(b"b", Kind.REQUEST)])
    assert drain(queue) == b"abc"


def test_memory_stays_bounded_while_volatile_frames_keep_coming() -> None:
    queue = SendQueue(100)
    put(queue, b"kept")
    for _ in range(50_000):
        put(queue, b"vvvvvvvvvv", Kind.VOLATILE)
    assert queue.dropped_volatile == 50_000 - 9
    assert len(queue._entries) < 3_000
    assert drain(queue)[:4] == b"kept"


def test_one_take_joins_frames_up_to_a_bound() -> None:
    queue = SendQueue(1 << 30)
    for _ in range(10):
        put(queue, b"x" * (READ_AHEAD // 4))
    assert len(queue.take()) == READ_AHEAD


def test_the_queue_agrees_with_a_plain_list() -> None:
    source = random.Random(3)
    for _ in range(300):
        queue, expected, got = SendQueue(1 << 20), b"", b""
        for number in range(source.randint(1, 60)):
            frame = bytes([number]) * source.randint(1, 50)
            expected += frame
            put(queue, frame)
            if source.random() < 0.5:
                data = queue.take()
                count = source.randint(0, len(data))
                got += bytes(data[:count])
                queue.wrote(count)
        assert expected == got + drain(queue, source.randint(1, 99))
