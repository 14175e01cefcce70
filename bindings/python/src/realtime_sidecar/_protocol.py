r"""Frames ⇄ bytes: MessagePack-RPC with a length in front. Pure: no I/O, no clock, no threads.

    u32 big-endian length | [0, id, method, params]   request
                          | [1, id, error, result]    response
                          | [2, method, params]       notification

``params`` is an array that holds one map with string keys. An example, the frame of
``emit("hi", to="a")``::

    00 00 00 23  93 02 a4 emit 91 83 a5 event a2 hi a4 args 90 a2 to 91 a1 a ...

The peer is trusted to be the sidecar but what it carries comes from clients, so the length is
checked before anything is read and the shape before anything is decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgpack

from ._values import encode_value
from ._walk import MAX_DEPTH, may_be_nested_too_deep, nested_too_deep, validate
from .errors import EncodeError, ProtocolError

MAX_FRAME: Final = 2**24 - 1
"""The hard limit of a frame's length in bytes, on both sides."""

ARGS_DEPTH: Final = 4
"""Depth at which the arguments of an event live: frame, params, map, args; in a batch 2 more."""

READ_BEFORE_CHECK: Final = 16 << 20
"""Bytes the decoder may be tricked into reserving before the frame has been walked."""

_KEEP_PACKER: Final = 1 << 20  # a packer keeps its largest buffer; larger ones are let go

Default = Callable[[Any], Any]


class Request(NamedTuple):
    """A question that must be answered once with the same id."""

    id: int
    method: str
    params: dict[str, Any]


class Response(NamedTuple):
    """The answer to a request: ``error`` is None, or a map ``{code, message, data?}``."""

    id: int
    error: dict[str, Any] | None
    result: Any


class Notification(NamedTuple):
    """A message without an answer."""

    method: str
    params: dict[str, Any]


Frame = Request | Response | Notification


class Encoder:
    """Packs values and whole frames.

    Safe to use from several threads at once: each call takes a packer of its own from a pool
    (a fresh `msgpack.Packer` costs more than packing a small event with it).

    Args:
        default: What turns a value MessagePack does not know into one it does; it raises
            TypeError for those it does not know either. None means `encode_value`.
    """

    def __init__(self, default: Default | None = None) -> None:
        self._default = encode_value if default is None else default
        self._idle: list[msgpack.Packer] = []

    def pack(self, value: Any, *, depth: int = 0) -> bytes:
        """Packs one value.

        Aware datetimes become MessagePack timestamps (clients get ISO text in UTC with
        milliseconds); bytes, bytearray and memoryview become attachments.

        Args:
            value: What to pack.
            depth: Containers that will stand around it in the frame.

        Returns:
            The MessagePack bytes.

        Raises:
            EncodeError: A value of an unknown type, an integer beyond 64 bits, or nesting
                beyond 64 levels (the sidecar would end the connection for it).
        """
        try:
            packer = self._idle.pop()
        except IndexError:
            packer = msgpack.Packer(
                default=self._default, datetime=True, unicode_errors="surrogatepass"
            )
        try:
            packed: bytes = packer.pack(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            # The packer is not returned to the pool: it holds half a value.
            raise EncodeError(f"cannot send this value: {error}") from error
        if len(packed) < _KEEP_PACKER:
            self._idle.append(packer)
        if may_be_nested_too_deep(packed, depth) and nested_too_deep(value, MAX_DEPTH - depth):
            raise EncodeError(f"cannot send this value: nested deeper than {MAX_DEPTH - depth}")
        return packed

    def notification(self, method: str, params: Mapping[str, Any] | bytes) -> bytes:
        """Builds the frame of a notification.

        Args:
            method: Its name.
            params: The map, or the map packed already.

        Returns:
            The whole frame, length included.

        Raises:
            EncodeError: As `pack`, or the frame is larger than `MAX_FRAME`.
        """
        return _framed(b"\x93\x02" + _packed_name(method) + b"\x91" + self._packed(params))

    def request(self, id: int, method: str, params: Mapping[str, Any] | bytes) -> bytes:
        """Builds the frame of a request.

        Args:
            id: Unique among the unanswered requests of this side, 0 … 2**32 - 1.
            method: Its name.
            params: The map, or the map packed already.

        Returns:
            The whole frame, length included.

        Raises:
            EncodeError: As `pack`, or the frame is larger than `MAX_FRAME`.
        """
        head = b"\x94\x00" + self.pack(id) + _packed_name(method)
        return _framed(head + b"\x91" + self._packed(params))

    def response(self, id: int, error: Mapping[str, Any] | None, result: Any = None) -> bytes:
        """Builds the frame of an answer.

        Args:
            id: The request's.
            error: None, or ``{"code": …, "message": …}``.
            result: The answer's value when there is no error.

        Returns:
            The whole frame, length included.

        Raises:
            EncodeError: As `pack`, or the frame is larger than `MAX_FRAME`.
        """
        head = b"\x94\x01" + self.pack(id) + self.pack(error, depth=1)
        return _framed(head + self.pack(result, depth=1))

    def encode(self, frame: Frame) -> bytes:
        """Builds the bytes of any frame value.

        Args:
            frame: A request, response or notification.

        Returns:
            The whole frame, length included.

        Raises:
            EncodeError: As the method for its kind.
        """
        if isinstance(frame, Request):
            return self.request(frame.id, frame.method, frame.params)
        if isinstance(frame, Response):
            return self.response(frame.id, frame.error, frame.result)
        return self.notification(frame.method, frame.params)

    def _packed(self, params: Mapping[str, Any] | bytes) -> bytes:
        return params if isinstance(params, bytes) else self.pack(params, depth=2)


class Decoder:
    """Cuts a stream of bytes into frames.

    Not thread-safe: it belongs to the thread that reads. Memory is bounded by the largest
    frame plus one read.

    Args:
        max_frame: Longest frame accepted, in bytes.
    """

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self.max_frame = max_frame
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Takes newly read bytes and yields every frame they complete, in order.

        However the stream is cut into reads, the frames are the same; those before the first
        bad one are yielded. After an error the decoder is of no further use.

        Args:
            data: What was read.

        Yields:
            The frames.

        Raises:
            ProtocolError: A length of 0 or beyond the limit, or a frame that is not of one of
                the three shapes.
        """
        buffer = self._buffer
        buffer += data
        position = 0
        try:
            while len(buffer) - position >= 4:
                length = int.from_bytes(buffer[position : position + 4], "big")
                if not 1 <= length <= self.max_frame:
                    raise ProtocolError(
                        "length", f"a frame of {length} bytes; limit 1 to {self.max_frame}"
                    )
                if len(buffer) - position < 4 + length:
                    break
                start = position + 4
                position = start + length
                yield decode(bytes(buffer[start:position]))
        finally:
            del buffer[:position]


def decode(body: bytes) -> Frame:
    """Decodes one frame's bytes, without the length.

    Args:
        body: One MessagePack array.

    Returns:
        The frame. Unknown trailing elements are ignored, so that a newer peer may add some.

    Raises:
        ProtocolError: It is not MessagePack, is nested too deep, or has none of the shapes.
    """
    value = _decode_value(body)
    if not isinstance(value, list) or not value:
        raise _misshapen("a frame must be an array")
    kind = value[0]
    if kind == 2 and type(kind) is int and len(value) >= 3:
        return Notification(_method(value[1]), _params(value[2]))
    if len(value) < 4 or type(kind) is not int or kind not in (0, 1):
        raise _misshapen(f"kind {kind!r} with {len(value)} elements is no frame")
    id = value[1]
    if type(id) is not int or not 0 <= id < 2**32:
        raise _misshapen("a frame's id must be an unsigned 32-bit integer")
    if kind == 0:
        return Request(id, _method(value[2]), _params(value[3]))
    return Response(id, _error(value[2]), value[3])


def _decode_value(body: bytes) -> Any:
    if may_be_nested_too_deep(body, 0, READ_BEFORE_CHECK):
        validate(body)
    try:
        return _unpack(body, timestamp=3)
    except (OverflowError, ValueError, TypeError):
        pass  # a time out of datetime's range, a key that cannot be hashed, or plain nonsense
    validate(body)
    try:
        return _unpack(body, timestamp=0, object_pairs_hook=_with_hashable_keys)
    except (OverflowError, ValueError, TypeError) as error:
        raise ProtocolError("syntax", f"a frame that is not MessagePack: {error}") from error


def _unpack(body: bytes, **options: Any) -> Any:
    return msgpack.unpackb(
        body, raw=False, strict_map_key=False, unicode_errors="replace", **options
    )


def _with_hashable_keys(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    return {repr(k) if isinstance(k, (list, dict)) else k: v for k, v in pairs}


def _framed(body: bytes) -> bytes:
    if len(body) > MAX_FRAME:
        raise EncodeError(f"too large: a frame of {len(body)} bytes; limit {MAX_FRAME}")
    return len(body).to_bytes(4, "big") + body


_names: dict[str, bytes] = {}  # the link's methods: a small, closed set


def _packed_name(method: str) -> bytes:
    packed = _names.get(method)
    if packed is None:
        packed = _names[method] = msgpack.packb(method)
    return packed


def _method(value: Any) -> str:
    if not isinstance(value, str):
        raise _misshapen("a frame's method must be text")
    return value


def _params(value: Any) -> dict[str, Any]:
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        raise _misshapen("a frame's params must be an array holding one map")
    params = value[0]
    if not all(isinstance(key, str) for key in params):
        raise _misshapen("a frame's params must have text as keys")
    return params


def _error(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        raise _misshapen("a response's error must be nil or a map with a code")
    return value


def _misshapen(message: str) -> ProtocolError:
    return ProtocolError("shape", message)
