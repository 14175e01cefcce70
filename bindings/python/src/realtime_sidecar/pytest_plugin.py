"""Fixtures of pytest: ``realtime_outbox`` and ``realtime_server``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Outbox, RunningSidecar


@pytest.fixture(autouse=True)
def _realtime_anew() -> None:
    """Each test begins with nothing emitted; pytest-django keeps the list Django's cases renew."""
    if "realtime_sidecar.testing" in sys.modules:
        from .testing._outbox import begin_anew

        begin_anew()


@pytest.fixture
def realtime_outbox() -> Iterator[Outbox]:
    """An outbox in the sidecar's place: ``assert realtime_outbox.emitted("order.paid")``.

    With pytest-django's ``db`` transactions do not commit: put what emits into
    ``with django_capture_on_commit_callbacks(execute=True)``.
    """
    from .testing import outbox

    with outbox() as sent:
        yield sent


@pytest.fixture
def realtime_server(request: pytest.FixtureRequest) -> Iterator[RunningSidecar]:
    """The real sidecar on a free port (``.url``), with this process as its app.

    Where pytest-django's ``live_server`` is used in the same test, it stands behind the sidecar.
    """
    from .testing import RunningSidecar

    upstream = None
    if "live_server" in request.fixturenames:
        upstream = str(request.getfixturevalue("live_server").url)
    with RunningSidecar(upstream) as sidecar:
        yield sidecar
