"""The codec on the vectors that the sidecar and the Ruby binding are tested with too."""

from __future__ import annotations

import base64
import datetime
import json
import random
from pathlib import Path
from typing import Any

import pytest

from realtime_sidecar import _protocol as protocol
from realtime_sidecar._walk import nested_too_deep, validate
from realtime_sidecar.errors import EncodeError, ProtocolError

VECTORS = Path(__file__).parents[4] / "conformance" / "vectors" / "rpc.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())
GOOD = [case for case in CASES if "error" not in case]
BAD = [case for case in CASES if "error" in case]


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


def native(value: Any) -> Any:
    if isinstance(value, list):
        return [native(item) for item in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["$bin"]:
        return base64.b64decode(value["$bin"])
    if list(value) == ["$time"]:
        return datetime.datetime.fromisoformat(value["$time"].replace("Z", "+00:00"))
    return {key: native(item) for key, item in value.items()}


def frame_of(value: dict[str, Any]) -> protocol.Frame:
    value = native(value)
    if value["kind"] == "request":
        return protocol.Request(value["id"], value["method"], value["params"])
    if value["kind"] == "response":
        return protocol.Response(value["id"], value["error"], value["result"])
    return protocol.Notification(value["method"], value["params"])


@pytest.mark.parametrize("case", named(GOOD))
def test_reads_the_vectors(case: dict[str, Any]) -> None:
    wire = bytes.fromhex(case["wire_hex"])
    assert [frame_of(case["value"])] == list(protocol.Decoder().feed(wire))


@pytest.mark.parametrize("case", named([c for c in GOOD if c.get("canonical", True)]))
def test_writes_the_vectors(case: dict[str, Any]) -> None:
    assert case["wire_hex"] == protocol.Encoder().encode(frame_of(case["value"])).hex()


@pytest.mark.parametrize("case", named(BAD))
def test_refuses_what_breaks_the_rules(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        list(protocol.Decoder().feed(bytes.fromhex(case["wire_hex"])))
    assert case["error"] == caught.value.kind


def test_whole_and_byte_by_byte_give_the_same_frames() -> None:
    stream = b"".join(bytes.fromhex(case["wire_hex"]) for case in GOOD)
    decoder = protocol.Decoder()
    single = [frame for byte in stream for frame in decoder.feed(bytes([byte]))]
    assert list(protocol.Decoder().feed(stream)) == single


def test_frames_before_a_bad_one_are_yielded() -> None:
    good = protocol.Encoder().notification("bye", {"reason": "x"})
    frames = protocol.Decoder().feed(good + b"\x00\x00\x00\x00")
    assert protocol.Notification("bye", {"reason": "x"}) == next(frames)
    with pytest.raises(ProtocolError, match="0 bytes"):
        next(frames)


def test_garbage_parses_or_raises_protocol_error_and_nothing_else() -> None:
    source = random.Random(20)
    bodies = [bytes.fromhex(case["wire_hex"])[4:] for case in GOOD]
    for _ in range(20_000):
        body = bytearray(source.choice(bodies))
        for _ in range(source.randint(1, 4)):
            body[source.randrange(len(body))] = source.randrange(256)
        try:
            protocol.decode(bytes(body[: source.randint(1, len(body))]))
        except ProtocolError:
            continue


def test_the_walk_agrees_with_the_decoder_on_every_good_frame() -> None:
    for case in GOOD:
        validate(bytes.fromhex(case["wire_hex"])[4:])


@pytest.mark.parametrize("shape", ["list", "dict"])
def test_a_value_nested_too_deep_is_refused_where_it_is_passed(shape: str) -> None:
    def nest(levels: int) -> Any:
        value: Any = []
        for _ in range(levels - 1):
            value = [value] if shape == "list" else {"a": value}
        return value

    encoder = protocol.Encoder()
    for levels in (61, 62):
        frame = encoder.notification("emit", {"args": nest(levels - 1)})
        assert len(list(protocol.Decoder().feed(frame))) == 1
    with pytest.raises(EncodeError, match="nested deeper"):
        encoder.notification("emit", {"args": nest(62)})
    assert nested_too_deep(nest(5), 4)
    assert not nested_too_deep(nest(4), 4)


@pytest.mark.parametrize("value", [object(), 2**64, {1, 2}, 1j])
def test_a_value_without_a_form_is_named(value: object) -> None:
    encoder = protocol.Encoder()
    with pytest.raises(EncodeError, match="cannot send this value"):
        encoder.pack([value])
    assert encoder.pack([1]) == b"\x91\x01"  # what failed left nothing behind


def test_a_frame_beyond_the_limit_is_refused() -> None:
    with pytest.raises(EncodeError, match="too large"):
        protocol.Encoder().notification("emit", {"args": [b"x" * protocol.MAX_FRAME]})


def test_a_time_beyond_datetime_does_not_break_the_link() -> None:
    body = bytes.fromhex("9302a16d9181a174c70cff00000000") + b"\x7f" * 8
    frame = protocol.decode(body)
    assert isinstance(frame, protocol.Notification)
    assert frame.params["t"].seconds > 2**60
