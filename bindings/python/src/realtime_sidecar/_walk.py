"""Proves that a MessagePack value may be decoded: depth and declared counts. Pure.

A decoder believes declared counts: five bytes that promise 2**32 values make it reserve memory
for them before it notices. `validate` walks the bytes first, without building anything. Walking
costs Python more than decoding costs C, so `may_be_nested_too_deep` first looks at the bytes
wholesale: where there are too few that could open a container, no proof is needed.
"""

from __future__ import annotations

from typing import Any, Final

from .errors import ProtocolError

MAX_DEPTH: Final = 64
"""Containers inside one another, the frame's own array included."""

_OPENERS: Final = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
_POINTER: Final = 8  # bytes a decoder reserves per declared value


def _fixed_sizes() -> list[int]:
    """Whole size of a value by its first byte, or 0 where that byte does not tell."""
    sizes = [0] * 256
    for first in (*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3):
        sizes[first] = 1
    for first in range(0xA0, 0xC0):
        sizes[first] = 1 + (first & 0x1F)
    sizes[0xCA], sizes[0xCB] = 5, 9
    for first in (0xCC, 0xD0):
        sizes[first : first + 4] = [2, 3, 5, 9]
    for power in range(5):  # fixext 1 … 16
        sizes[0xD4 + power] = 2 + (1 << power)
    return sizes


_FIXED: Final = _fixed_sizes()
_SIZED: Final = {  # first byte: (bytes of the length field, further bytes that it does not count)
    0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0),
    0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1),
    0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0),
}  # fmt: skip
_COUNTED: Final = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}  # field, values each


def may_be_nested_too_deep(packed: bytes, depth: int, reserve: int | None = None) -> bool:
    """Tells, cheaply, whether a closer look is needed.

    Args:
        packed: MessagePack bytes.
        depth: Containers around them.
        reserve: With bytes of a peer: how much memory false counts may make a decoder reserve.

    Returns:
        False when nothing can be wrong: there are not enough bytes that could open a container
        (text and numbers contain such bytes too, so True proves nothing).
    """
    if reserve is None and len(packed) <= MAX_DEPTH - depth:
        return False
    openers = len(packed) - len(packed.translate(None, _OPENERS))
    if openers > MAX_DEPTH - depth:
        return True
    return reserve is not None and openers * len(packed) * _POINTER > reserve


def nested_too_deep(value: Any, limit: int) -> bool:
    """Measures a Python value level by level, without recursion.

    Args:
        value: Dictionaries, lists and tuples; anything else counts as a leaf.
        limit: Levels allowed.

    Returns:
        Whether containers stand deeper in one another than that.
    """
    level = [value] if isinstance(value, (dict, list, tuple)) else []
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list, tuple))
        ]
        if not level:
            return False
    return bool(level)


def validate(packed: bytes, limit: int = MAX_DEPTH) -> None:
    """Walks exactly one value.

    Args:
        packed: MessagePack bytes of unknown origin.
        limit: Containers allowed inside one another.

    Raises:
        ProtocolError: It ends early, bytes follow it, a count promises more values than there
            are bytes, it is nested too deep, or uses the one byte that means nothing (0xc1).
    """
    end = len(packed)
    position = 0
    owed = 1  # values still to come in the container being walked
    outer: list[int] = []
    while owed or outer:
        if not owed:
            owed = outer.pop()
            continue
        if position >= end:
            raise ProtocolError("syntax", "a frame that ends in the middle of a value")
        owed -= 1
        size = _FIXED[packed[position]]
        if size:
            position += size
            continue
        position, count = _open(packed, position)
        if count > end - position:
            raise ProtocolError("syntax", f"a count of {count} with {end - position} bytes left")
        if count >= 0:
            outer.append(owed)
            owed = count
            if len(outer) > limit:
                raise ProtocolError("depth", f"nested deeper than {limit}")
    if position > end:
        raise ProtocolError("syntax", "a frame that ends in the middle of a value")
    if position < end:
        raise ProtocolError("trailing", f"{end - position} bytes after the value of a frame")


def _open(packed: bytes, position: int) -> tuple[int, int]:
    """Reads a head of variable size; the count is -1 where no values follow."""
    first = packed[position]
    position += 1
    if 0x80 <= first <= 0x8F:
        return position, 2 * (first & 0x0F)
    if 0x90 <= first <= 0x9F:
        return position, first & 0x0F
    if first in _SIZED:
        field, extra = _SIZED[first]
        length = int.from_bytes(packed[position : position + field], "big")
        return position + field + extra + length, -1
    if first in _COUNTED:
        field, each = _COUNTED[first]
        count = int.from_bytes(packed[position : position + field], "big")
        return position + field, each * count
    raise ProtocolError("syntax", "a frame with the byte 0xc1, which means nothing")
