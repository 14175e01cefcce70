from __future__ import annotations

import datetime
import decimal
import enum
import uuid

import msgpack
import pytest

from realtime_sidecar._protocol import Encoder

UTC = datetime.timezone.utc


class Colour(str, enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.datetime(2024, 5, 1, 10, 0, 0, 123456), "2024-05-01T10:00:00.123"),
        (datetime.datetime(2024, 5, 1, 10), "2024-05-01T10:00:00"),
        (datetime.date(2024, 5, 1), "2024-05-01"),
        (datetime.time(10, 30), "10:30:00"),
        (datetime.timedelta(days=1, hours=2), "P1DT02H00M00S"),
        (datetime.timedelta(seconds=-1.5), "-P0DT00H00M01.500000S"),
        (decimal.Decimal("12.00"), "12.00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (Colour.RED, "red"),
        ((1, (2,)), [1, [2]]),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
    ],
)
def test_values_travel_as(value: object, expected: object) -> None:
    assert expected == msgpack.unpackb(Encoder().pack(value))


def test_an_aware_datetime_travels_as_a_timestamp() -> None:
    moment = datetime.datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert moment == msgpack.unpackb(Encoder().pack(moment), timestamp=3)


def test_text_with_a_lone_surrogate_does_not_raise() -> None:
    assert Encoder().pack("\ud800") == b"\xa3\xed\xa0\x80"
