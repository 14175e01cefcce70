"""Patterns for namespaces, and the handlers behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from realtime_sidecar import Client, ConfigurationError, Socket
from realtime_sidecar._namespaces import Namespace, Pattern
from realtime_sidecar._router import Router
from support.sidecar import Link, Sidecar

VECTORS = json.loads(
    Path(__file__).parents[4].joinpath("conformance/vectors/namespaces.json").read_text("utf-8")
)
ROOM = re.compile(r"^/room-(?P<id>\d+)$")


@pytest.mark.filterwarnings("ignore:Possible set:FutureWarning")
@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if "python" in v["value"]], ids=lambda vector: vector["name"]
)
def test_the_vectors_of_expressions(vector: dict[str, Any]) -> None:
    value = vector["value"]
    compiled = re.compile(value["python"])
    if "error" in vector:
        with pytest.raises(ConfigurationError, match="the sidecar has to read it too"):
            Pattern(compiled)
        return
    pattern = Pattern(compiled)
    assert pattern.expression == vector["wire"]
    for name, captured in value["fits"].items():
        match = pattern.match(name)
        assert match is not None, name
        assert list(match.groups()) == captured, name
    assert not [name for name in value["misses"] if pattern.match(name)]


@pytest.mark.parametrize(
    "namespace",
    [re.compile("/a", re.IGNORECASE), re.compile("(?i)/a"), re.compile(b"/a"), 7, None],
    ids=repr,
)
def test_what_names_no_namespaces(namespace: Any) -> None:
    with pytest.raises(ConfigurationError):
        Router().on("e", namespace=namespace)


def test_exact_names_come_first_then_long_ones_with_stars_then_expressions_in_order() -> None:
    router = Router()
    expressions = re.compile(r"/\w+"), re.compile(r"/room-\d+")
    patterns: list[Namespace] = [*expressions, "/*9", "/room-9*", "/room-99"]
    for value, name in enumerate(patterns):
        router.on("e", namespace=name)(lambda value=value: value)
    names = ("/room-99", "/room-98", "/x9", "/room-1", "/x")
    found = [router.event(name, "e") for name in names]
    assert [each and each.handler.function() for each in found] == [4, 3, 2, 1, 0]


def served(sidecar: Sidecar, client: Client) -> Link:
    client.process.serve()
    return sidecar.link()


def test_the_greeting_has_names_and_expressions(sidecar: Sidecar, client: Client) -> None:
    client.process.router.on("e", namespace=ROOM)(print)
    client.process.router.on("e", namespace="lobby-*")(print)
    hello = served(sidecar, client).hello
    assert hello["namespaces"] == ["/", "/lobby-*"]
    assert hello["expressions"] == [r"/room-(?P<id>\d+)"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_each_handler_is_shown_what_its_own_pattern_has_captured(
    sidecar: Sidecar, client: Client, kind: str
) -> None:
    seen: list[Any] = []

    def hears(name: str, group: Any, accepts_more: bool = False) -> Callable[..., Any]:
        def note(socket: Socket) -> Any:
            seen.append((name, socket.namespace_match and socket.namespace_match[group]))
            return socket.namespace_match and socket.namespace_match[group]

        async def anote(socket: Socket, *args: Any) -> Any:
            return note(socket)

        return anote if kind == "async" else note

    router = client.process.router
    router.on_connect(namespace=ROOM)(hears("connect", "id"))
    router.on_connect(namespace="/room-7")(hears("exact connect", 0))
    router.on_any(namespace="/*")(hears("any", 1))
    router.on("e", namespace=ROOM)(hears("event", "id"))
    router.on_disconnect(namespace="/*-*")(hears("disconnect", 2))
    link = served(sidecar, client)
    assert link.connect(namespace="/room-7").error is None
    assert link.event("e", namespace="/room-7").result() == ["7"]
    link.ask(
        "disconnect", id="b", socket="s1", namespace="/room-7", reason="", user=None, data=None,
        rooms=[],
    ).result()  # fmt: skip
    assert seen == [
        ("exact connect", None), ("connect", "7"), ("any", "room-7"), ("event", "7"),
        ("disconnect", "7"),
    ]  # fmt: skip


def test_a_hook_of_a_pattern_still_refuses(sidecar: Sidecar, client: Client) -> None:
    router = client.process.router
    router.on_connect(namespace=ROOM)(lambda socket: socket.namespace_match["id"] != "7")
    router.on_connect(namespace="/*")(lambda: None)
    link = served(sidecar, client)
    error = link.connect(namespace="/room-7").error
    assert error is not None
    assert error["code"] == "refused"
    assert link.connect(namespace="/room-8").error is None
