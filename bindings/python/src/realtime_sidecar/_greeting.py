"""What a process tells of itself when it connects."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any, Final

from ._router import Router
from ._surroundings import Surroundings
from ._version import __version__
from ._worker import ASYNC_WINDOW
from .config import Config

VERSIONS: Final = (1, 1)
"""Lowest and highest version of the link spoken here."""


def greeting(config: Config, router: Router, surroundings: Surroundings | None) -> dict[str, Any]:
    """Makes the greeting's params.

    Args:
        config: The settings.
        router: The handlers.
        surroundings: The framework's, for a process that takes connects and events; None for one
            that only emits.

    Returns:
        A new map.
    """
    hello: dict[str, Any] = {
        "protocol": list(VERSIONS),
        "features": [],
        "role": "emitter",
        "app": config.app or os.path.basename(os.path.abspath(config.root)),
        "language": f"python {platform.python_version()}",
        "version": __version__,
        "pid": os.getpid(),
        "generation": config.generation or _revision(config.root),
    }
    if config.token:
        hello["token"] = config.token
    if config.keys:
        hello["keys"] = config.keys
    if surroundings is not None:
        default = ASYNC_WINDOW if router.all_async() else 2 * config.handler_threads
        hello["role"] = "handler"
        hello["namespaces"] = sorted({*router.namespaces(), *config.namespaces})
        if expressions := router.expressions():
            hello["expressions"] = expressions
        hello["hooks"] = sorted({*router.hooks(), *surroundings.hooks()})
        hello["window"] = config.window or default
        if config.redeliver:
            hello["redeliver"] = config.redeliver
    return hello


def _revision(root: str) -> str:
    """What deploy this is: a marker that deploy tools leave, or a folder that changes with each."""
    try:
        return Path(root, "REVISION").read_text().strip()
    except OSError:
        return os.path.realpath(root)
