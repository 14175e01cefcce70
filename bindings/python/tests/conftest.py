from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realtime_sidecar import Client
from realtime_sidecar.testing import Outbox, outbox
from support.sidecar import Sidecar

pytest_plugins = ["realtime_sidecar.pytest_plugin"]  # an installed package announces it itself


@pytest.fixture
def sidecar() -> Iterator[Sidecar]:
    with Sidecar() as running:
        yield running


@pytest.fixture
def make_client(sidecar: Sidecar) -> Iterator[Callable[..., Client]]:
    """Makes clients of the sidecar; each must have ended all its threads afterwards."""
    made: list[Client] = []

    def make(**settings: Any) -> Client:
        defaults = {"socket": sidecar.path, "retry_delay": 0.005, "stop_timeout": 2.0}
        made.append(Client(**{**defaults, **settings}))
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
