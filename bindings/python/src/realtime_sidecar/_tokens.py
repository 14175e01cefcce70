"""Tokens that the sidecar reads without asking the app: JWTs, HS256. Pure but for the clock.

They are made here and verified there; the keys go over with the greeting.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from .errors import ConfigurationError, EncodeError

CONNECT: Final = "realtime.connect"
ROOM: Final = "realtime.room"
TOKEN_LIMIT: Final = 8 << 10  # bytes; the sidecar reads no longer ones

_LABEL: Final = b"realtime tokens"
_HEADER: Final = {"alg": "HS256", "typ": "JWT"}


def token_key(secret: str | bytes) -> bytes:
    """Makes the key of tokens from an app's secret, so that neither stands in for the other.

    Args:
        secret: Of the app; of any length.

    Returns:
        32 bytes.
    """
    raw = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(raw, _LABEL, hashlib.sha256).digest()


def connect_claims(
    user: str | None,
    rooms: Sequence[str],
    namespace: str,
    login: str | None,
    data: Any,
) -> dict[str, Any]:
    """Builds what a connect token says.

    Args:
        user: The user's name, or None.
        rooms: Rooms to be in from the start.
        namespace: The only one it opens.
        login: The login it belongs to, or None.
        data: For ``socket.data``; None for nothing.

    Returns:
        The claims, without times.
    """
    claims: dict[str, Any] = {"aud": CONNECT, "ns": namespace}
    given = {"sub": user, "rooms": list(rooms) or None, "login": login, "data": data}
    return {**claims, **{name: value for name, value in given.items() if value is not None}}


def room_claims(rooms: Sequence[str], namespace: str) -> dict[str, Any]:
    """Builds what a room token says.

    Args:
        rooms: Rooms it opens; at least one.
        namespace: Theirs.

    Returns:
        The claims, without times.

    Raises:
        TypeError: No room at all.
    """
    if not rooms:
        raise TypeError("a room token needs a room")
    return {"aud": ROOM, "ns": namespace, "rooms": list(rooms)}


def encode_token(
    claims: dict[str, Any],
    keys: Sequence[bytes],
    expires_in: float,
    encoder: Callable[[Any], Any] | None = None,
) -> str:
    """Signs claims with the newest key.

    Args:
        claims: They.
        keys: Newest first.
        expires_in: Seconds from now; whole ones count.
        encoder: Gives a JSON form to values that have none.

    Returns:
        The token, URL-safe.

    Raises:
        ConfigurationError: There is no key.
        EncodeError: A claim has no JSON form, or the token is longer than 8 KiB.
    """
    if not keys:
        raise ConfigurationError("tokens need a secret: realtime.configure(secret=...)")
    if isinstance(expires_in, bool) or expires_in < 1:
        raise ValueError(f"expires_in must be at least 1 second, not {expires_in!r}")
    now = int(time.time())
    try:
        body = _json({**claims, "iat": now, "exp": now + int(expires_in)}, encoder)
    except (TypeError, ValueError) as error:
        raise EncodeError(f"cannot put this into a token: {error}") from error
    signed = f"{_text(_json(_HEADER, None))}.{_text(body)}"
    token = f"{signed}.{_text(hmac.new(keys[0], signed.encode(), hashlib.sha256).digest())}"
    if len(token) > TOKEN_LIMIT:
        raise EncodeError(f"a token of {len(token)} bytes; limit {TOKEN_LIMIT}: put less into it")
    return token


def _json(value: Any, encoder: Callable[[Any], Any] | None) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=encoder).encode()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
