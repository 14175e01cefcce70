"""Django's live server with the real sidecar in front of it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import connections
from django.test import LiveServerTestCase

from .. import default_client
from ._sidecar import RunningSidecar


class RealtimeLiveServerTestCase(LiveServerTestCase):
    """For browser tests: ``self.realtime_url`` is the app with Socket.IO, on one port.

    The binary is found as the command ``realtime`` finds it (``REALTIME_BIN``). This process
    handles the clients' events, on the connections of the test where its database is in memory.

    Attributes:
        realtime_url: Where browsers and Socket.IO clients go; the host is allowed.
        realtime_options: Further flags of the binary.
        realtime: The running sidecar.
    """

    host = "127.0.0.1"
    realtime_url: ClassVar[str]
    realtime_options: ClassVar[tuple[str, ...]] = ()
    realtime: ClassVar[RunningSidecar]

    @classmethod
    def setUpClass(cls) -> None:
        """Starts the live server, then the sidecar in front of it."""
        super().setUpClass()
        shared = {
            one.alias: one
            for one in connections.all()
            if one.vendor == "sqlite" and one.is_in_memory_db()  # type: ignore[attr-defined]
        }
        process = default_client.process
        before = process._surroundings
        around = before.around

        @contextlib.contextmanager
        def with_connections() -> Iterator[Any]:
            if not shared:
                with around():
                    yield
                return
            for alias, connection in shared.items():
                connections[alias] = connection  # they must stay open: no closing around events
            yield

        process.surround(dataclasses.replace(before, around=with_connections))
        cls.addClassCleanup(process.surround, before)
        cls.realtime = RunningSidecar(cls.live_server_url, cls.realtime_options).start()
        cls.addClassCleanup(cls.realtime.stop)
        cls.realtime_url = cls.realtime.url
