"""The server in the test's own process, for `RunningSidecar` where the setting says ``native``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

from .._client import Client
from .._hosting import Wish


def start_inside(client: Client, socket: str, upstream: str | None, flags: Sequence[str]) -> str:
    """Starts it on a free port.

    Args:
        client: Whose process it belongs to.
        socket: The path of its Unix socket.
        upstream: The app's address, or None.
        flags: The binary's, such as ``--connect=token``.

    Returns:
        Its URL.

    Raises:
        NativeError: There is no library, or an option is wrong.
    """
    own = {"listen": "127.0.0.1:0", "socket": socket, "config": "", "upstream": upstream or "none"}
    with _without_variables():
        client.process.host(Wish(True, True, {**own, **_options(flags)}))
    server = client.process.native_server()
    assert server is not None
    return str(server.url)


def _options(flags: Sequence[str]) -> dict[str, Any]:
    """Gives flags as options; one that is there twice is a list."""
    given: dict[str, list[str]] = {}
    for flag in flags:
        name, _, value = flag.removeprefix("--").partition("=")
        given.setdefault(name.replace("-", "_"), []).append(value or "true")
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in given.items()}


@contextlib.contextmanager
def _without_variables() -> Iterator[None]:
    """Hides the variables of the developer's own server; the library reads them while it starts."""
    hidden = {
        name: text
        for name, text in os.environ.items()
        if name.startswith("REALTIME_") and name != "REALTIME_LIBRARY"
    }
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
