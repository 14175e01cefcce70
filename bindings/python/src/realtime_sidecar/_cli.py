"""The command ``realtime``: runs the sidecar's binary, wherever it is.

1. ``realtime_sidecar/bin/realtime``: platform wheels carry it;
2. ``REALTIME_BIN``;
3. a ``realtime`` in PATH that is a program and not a script like this one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

NAME: Final = "realtime"
_BUNDLED: Final = Path(__file__).parent / "bin" / NAME
NOT_FOUND: Final = (
    "realtime: no binary. This wheel carries none for your platform: install one and put it in "
    "PATH, or name it with REALTIME_BIN=/path/to/realtime."
)


def find_binary(environment: Mapping[str, str], bundled: Path = _BUNDLED) -> str | None:
    """Finds the binary.

    Args:
        environment: For ``REALTIME_BIN`` and ``PATH``.
        bundled: Where a wheel carries it.

    Returns:
        Its path, or None. What ``REALTIME_BIN`` names is given without a look: a wrong name
        should fail with that name.
    """
    if _runnable(bundled):
        return str(bundled)
    if named := environment.get("REALTIME_BIN"):
        return named
    for directory in environment.get("PATH", "").split(os.pathsep):
        candidate = Path(directory or ".") / NAME
        if _runnable(candidate) and not _is_script(candidate):
            return str(candidate)
    return None


def main() -> NoReturn:
    """Becomes the binary, with the same arguments."""
    binary = find_binary(os.environ)
    if binary is None:
        sys.exit(NOT_FOUND)
    try:
        os.execv(binary, [binary, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"realtime: cannot run {binary}: {error.strerror}")


def _runnable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _is_script(path: Path) -> bool:
    """Tells launchers, of this or another environment, from the binary."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True
