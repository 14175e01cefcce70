"""A client that serves, and the sidecar's end of its link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime_sidecar import Client
from support.sidecar import Link, Sidecar


def served(sidecar: Sidecar, client: Client) -> Link:
    client.process.serve()
    return sidecar.link()


def result_of(sidecar: Sidecar, client: Client, handler: Callable[..., Any], *args: Any) -> Any:
    client.process.router.on("e")(handler)
    return served(sidecar, client).event("e", *args).result()
