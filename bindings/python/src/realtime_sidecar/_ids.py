"""Ids of confirmed emits: the sidecar knows by them what it has taken already."""

from __future__ import annotations

import itertools
import os
import secrets


class EmitIds:
    """Makes ids that are unique over processes and forks; for any thread."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._prefix = ""
        self._pid = 0

    def next(self) -> str:
        """Makes another.

        Returns:
            It.
        """
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._prefix = secrets.token_urlsafe(9)
        return f"{self._prefix}-{next(self._numbers)}"
