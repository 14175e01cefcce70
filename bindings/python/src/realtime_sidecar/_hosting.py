"""Whether a process is to have the server inside, and what happens where it cannot."""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Mapping
from typing import Any, Final

from ._native import NativeServer, document
from ._servers import siblings, succeeds_another
from .config import Config
from .errors import NativeError

# Seconds for the process that this one replaces to give its ports back. A worker of gunicorn has
# 30 to start, unless told otherwise.
TURNOVER: Final = 20.0
TURNOVER_PAUSE: Final = 0.1  # seconds between attempts

_INSTEAD: Final = "run the sidecar as a process of its own (`realtime serve` or `realtime run`)"

log = logging.getLogger("realtime.link")


@dataclasses.dataclass(frozen=True)
class Wish:
    """What `start` was asked for.

    Attributes:
        native: Whether the server is to be in this process.
        demanded: Whether the call said so, and not a setting: then what is wrong is raised.
        options: The server's own.
    """

    native: bool = False
    demanded: bool = False
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def host(config: Config, wish: Wish) -> NativeServer | None:
    """Starts the server in this process; loads the library if that was not done.

    Args:
        config: This package's settings.
        wish: What was asked for.

    Returns:
        It, listening. None where several processes serve the app and only a setting says
        ``native``: that is logged, and the socket's path is the way.

    Raises:
        NativeError: Whatever else is wrong.
    """
    try:
        if several := siblings():
            text = f"{several}, each of which would have clients of its own: {_INSTEAD}"
            raise NativeError("forked", text)
        return _started(config, wish)
    except NativeError as error:
        if wish.demanded or error.code != "forked":
            raise
        log.error("no server inside: %s; using socket=%s", error, config.socket_path)
        return None


def _started(config: Config, wish: Wish) -> NativeServer:
    try:
        from ._library import load_library  # ctypes, only where it is needed
    except ImportError as error:
        raise NativeError("missing", f"this Python has no ctypes: {error}") from error
    library = load_library(os.environ)
    until = time.monotonic() + (TURNOVER if succeeds_another() else 0)
    while True:
        server = NativeServer(library, document(config, wish.options, os.environ))
        try:
            server.start()
        except NativeError as error:
            if error.code != "listen" or time.monotonic() > until:
                raise
            log.info("the process before this one is still there: %s", error)
            time.sleep(TURNOVER_PAUSE)
        else:
            return server
