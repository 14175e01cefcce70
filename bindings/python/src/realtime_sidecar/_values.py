"""What the link does not know, as values it knows: the texts Django's JSON encoder would give.

Without Django the same values travel the same way; with it, its own encoder is used, so that
lazy translations are understood too.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any


def encode_value(value: Any) -> Any:
    """Turns one value of a type MessagePack has no form for into text.

    ======================  =====================================================
    naive datetime, time    ISO 8601 with milliseconds, as it stands (no zone)
    date                    ``2024-05-01``
    timedelta               ISO 8601 duration: ``P1DT02H00M00S``
    Decimal, UUID           their text
    ======================  =====================================================

    Aware datetimes never come here: the link has a form for them.

    Args:
        value: What is to be sent.

    Returns:
        Text.

    Raises:
        TypeError: For every other type; the message names it.
    """
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds" if value.microsecond else "auto")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        if value.tzinfo is not None:
            raise TypeError("a time of day with a zone means nothing without its date")
        return value.isoformat(timespec="milliseconds" if value.microsecond else "auto")
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    raise TypeError(
        f"a {type(value).__module__}.{type(value).__qualname__} has no form on the wire"
    )


def _duration(value: datetime.timedelta) -> str:
    sign, value = ("-", -value) if value < datetime.timedelta(0) else ("", value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06d}" if value.microseconds else ""
    return f"{sign}P{value.days}DT{hours:02d}H{minutes:02d}M{seconds:02d}{fraction}S"
