from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_sidecar import Client
from support.script import Script, run_script


@pytest.fixture(scope="session", autouse=True)
def library() -> str:
    """These tests are nothing without the built library."""
    named = os.environ.get("REALTIME_LIBRARY", "")
    if not os.path.exists(named):
        pytest.fail(f"REALTIME_LIBRARY must name the built library, not {named!r}")
    return named


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rt") as directory:  # short, for a socket's path
        yield Path(directory)


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    made = Client(root=str(folder), retry_delay=0.005)
    yield made
    made.process.stop("test over")


@pytest.fixture
def script(folder: Path) -> Script:
    return functools.partial(run_script, folder)
