"""Waiting for a condition that nothing announces."""

from __future__ import annotations

import time
from collections.abc import Callable

from support.sidecar import PATIENCE


def eventually(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Returns as soon as the condition holds; fails when it does not within the time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
