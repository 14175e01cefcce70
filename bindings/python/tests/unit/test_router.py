"""Which function a name finds."""

from __future__ import annotations

import re

import pytest

from realtime_sidecar import ConfigurationError
from realtime_sidecar._router import Router


def test_two_functions_for_one_event_are_an_error() -> None:
    router = Router()
    router.on("e")(print)
    router.on("e")(print)  # the same again: its module was loaded twice
    with pytest.raises(ConfigurationError, match=r"handled by builtins\.print"):
        router.on("e")(len)


def test_patterns_match_after_exact_names() -> None:
    router = Router()
    router.on("e", namespace="/room-*")(print)
    router.on("e", namespace="/room-1")(len)
    one, two, other = (router.event(name, "e") for name in ("/room-1", "/room-2", "/rooms"))
    assert one is not None
    assert two is not None
    assert (one.handler.function, two.handler.function, other) == (len, print, None)
    assert router.namespaces() == ["/", "/room-*", "/room-1"]


def test_a_namespace_without_a_guard_is_named() -> None:
    router = Router()
    router.on("e", namespace="/open")(print)
    assert router.unguarded() == []
    router.on_connect(namespace="/*")(print)
    assert router.unguarded() == []
    router = Router()
    router.on("e", namespace="/open")(print)
    router.on("e", namespace=re.compile(r"/open-\d+"))(print)
    router.on_connect(print)
    assert router.unguarded() == ["/open", r"~/open-\d+"]
    router.on_connect(namespace="/open*")(print)
    assert router.unguarded() == []
    router = Router()
    router.on_connect(namespace=re.compile(r"/own-\d+"))(print)
    assert router.open() == ["/"]
