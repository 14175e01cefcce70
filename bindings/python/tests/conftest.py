from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_sidecar import Client
from realtime_sidecar.testing import Outbox, outbox
from support.sidecar import Sidecar
from support.way import LIBRARY, Descriptors

pytest_plugins = ["realtime_sidecar.pytest_plugin"]  # an installed package announces it itself


# How a test or a fixture asks for a connection, below.
LINKS = ("sidecar: Sidecar", "make_client: Callable", "client: Client")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Over the library, does not even load unit tests none of which can open a connection."""
    if not LIBRARY or collection_path.parent.name != "unit":
        return None
    text = collection_path.read_text()
    return None if any(link in text for link in LINKS) else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Over the library, leaves out the unit tests that open no connection: they know no way."""
    if not LIBRARY:
        return
    links = {"sidecar", "make_client"}
    idle = [
        item for item in items
        if "unit" in item.path.parts and links.isdisjoint(getattr(item, "fixturenames", ()))
    ]  # fmt: skip
    config.hook.pytest_deselected(items=idle)
    items[:] = [item for item in items if item not in set(idle)]


@pytest.fixture
def sidecar() -> Iterator[Sidecar]:
    with Sidecar() as running:
        yield running


@pytest.fixture
def make_client(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Client]]:
    """Makes clients of the sidecar; each must have ended all its threads afterwards."""
    made: list[Client] = []

    def make(**settings: Any) -> Client:
        defaults = {"socket": sidecar.path, "retry_delay": 0.005, "stop_timeout": 2.0}
        made.append(Client(**{**defaults, **settings}))
        if LIBRARY and "socket" not in settings:  # a path that is named is meant
            way = Descriptors(made[-1])
            monkeypatch.setattr(made[-1].process, "way", lambda: way)
        return made[-1]

    yield make
    for client in made:
        client.process.stop("test over")
    left = [t.name for t in threading.enumerate() if t.name.startswith("realtime.")]
    assert not left


@pytest.fixture
def app_outbox() -> Iterator[Outbox]:
    """Keeps what Django itself sends (a user is saved, signs out) from looking for a sidecar."""
    with outbox() as sent:
        yield sent


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()
