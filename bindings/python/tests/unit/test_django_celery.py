"""Celery tasks: who is current in them, and emits that wait for their transactions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.django_site import set_up

set_up()

pytest.importorskip("celery", reason="Celery is not among the packages of this environment")

from celery import Celery  # noqa: E402
from celery.contrib.testing.worker import start_worker  # noqa: E402
from django.db import connections, transaction  # noqa: E402

import realtime_sidecar as realtime  # noqa: E402
from realtime_sidecar.django.current import current, current_sockets  # noqa: E402
from realtime_sidecar.testing import Outbox, outbox  # noqa: E402

ONE = "a" * 20


@pytest.fixture
def app() -> Iterator[Celery]:
    made = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)

    def tell(value: int) -> list[str]:
        try:
            with transaction.atomic():
                realtime.emit("told", value, except_="current")
            return list(current_sockets())
        finally:
            connections.close_all()

    made.task(name="tell", shared=False)(tell)
    yield made
    made.close()


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as box:
        yield box


@pytest.mark.filterwarnings("default")  # what Celery does is its own
def test_a_task_leaves_out_the_page_whose_request_has_sent_it(app: Celery, sent: Outbox) -> None:
    tell: Any = app.tasks["tell"]
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60):
        with current([ONE]):
            first = tell.delay(1)
        second = tell.delay(2)
        assert first.get(timeout=60) == [ONE]
        assert second.get(timeout=60) == []
    (told,) = sent.emitted("told", 1)
    assert told.params["except"] == [ONE]
    assert "except" not in sent.emitted("told", 2)[0].params


def test_an_eager_task_is_part_of_its_request(app: Celery, sent: Outbox) -> None:
    app.conf.task_always_eager = True
    with current([ONE]):
        assert app.tasks["tell"].delay(1).get() == [ONE]
        assert current_sockets() == (ONE,)
