"""Tokens, taken apart as RFC 7515 and 7519 say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from realtime_sidecar import Client, ConfigurationError, EncodeError
from support.sidecar import Sidecar

SECRET = "a secret of the app"


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(token: str, key: bytes) -> dict[str, Any]:
    header, claims, signature = token.split(".")
    assert json.loads(part(header)) == {"alg": "HS256", "typ": "JWT"}
    expected = hmac.new(key, f"{header}.{claims}".encode(), hashlib.sha256).digest()
    assert part(signature) == expected
    return dict(json.loads(part(claims)))


def test_a_connect_token_says_who_where_and_until_when() -> None:
    client = Client(secret=SECRET)
    token = client.token(
        7, rooms=["a", "b"], namespace="chat", expires_in=60, login="l", data={"name": "é"}
    )
    claims = read(token, client.process.config.keys[0])
    assert claims.pop("exp") - claims["iat"] == 60
    assert abs(claims.pop("iat") - time.time()) < 5
    assert claims == {
        "aud": "realtime.connect", "ns": "/chat", "sub": "7", "rooms": ["a", "b"], "login": "l",
        "data": {"name": "é"},
    }  # fmt: skip


def test_a_room_token_names_its_rooms() -> None:
    client = Client(secret=SECRET)
    claims = read(client.room_token("a", ["b"]), client.process.config.keys[0])
    assert (claims["aud"], claims["ns"], claims["rooms"]) == ("realtime.room", "/", ["a", "b"])
    assert claims["exp"] - claims["iat"] == 86_400
    with pytest.raises(TypeError, match="needs a room"):
        client.room_token()


def test_what_cannot_be_a_token_is_refused() -> None:
    client = Client(secret=SECRET)
    with pytest.raises(ConfigurationError, match="secret"):
        Client().token()
    with pytest.raises(EncodeError, match="8192"):
        client.token(data="x" * 9000)
    with pytest.raises(EncodeError):
        client.token(data=object())
    with pytest.raises(ValueError, match="expires_in"):
        client.token(expires_in=0)


def test_the_greeting_brings_the_keys_and_never_the_secret(sidecar: Sidecar) -> None:
    client = Client(socket=sidecar.path, secret=SECRET, previous_secrets=["older"])
    client.emit("x")
    hello = sidecar.link().hello
    client.process.stop()
    assert hello["keys"] == client.process.config.keys
    assert [len(key) for key in hello["keys"]] == [32, 32]
    assert SECRET not in repr(hello)
    assert SECRET not in repr(client.process.config)
