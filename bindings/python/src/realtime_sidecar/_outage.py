"""How a link that is down is borne: what is said of it, and when it is tried again."""

from __future__ import annotations

import logging
import random

from .config import Config

log = logging.getLogger("realtime.link")


class Outage:
    """The attempts that have failed since the last greeting; none while the link is up.

    Written by the connection's thread alone; any thread may read.

    Args:
        config: The settings.

    Attributes:
        failures: How many attempts, a connection that broke included.
        reason: Why there is no link; empty while there is one, and before the first attempt.
    """

    def __init__(self, config: Config) -> None:
        self.failures = 0
        self.reason = ""
        self._config = config
        self._announced = False

    def failed(self, name: str, reason: str, quietly: bool) -> None:
        """Counts a failure, and logs the first of an outage.

        Args:
            name: What could not be reached, for people.
            reason: Why.
            quietly: Whether it was to be expected, and is not worth a line.
        """
        self.failures += 1
        self.reason = reason
        if not self._announced and not quietly:
            self._announced = True
            text = "no link to %s reason=%s; up to %d bytes are kept"
            log.warning(text, name, reason, self._config.buffer_bytes)

    def over(self, name: str) -> None:
        """Forgets them, and logs the end of what was logged.

        Args:
            name: What was reached, for people.
        """
        if self._announced:
            log.info("connected again to %s attempts=%d", name, self.failures + 1)
        self.failures, self.reason, self._announced = 0, "", False

    def delay(self) -> float:
        """Chooses how long to wait before the next attempt: doubling, with jitter.

        Returns:
            Seconds.
        """
        doubled = self._config.retry_delay * 2.0 ** min(self.failures - 1, 16)
        return min(self._config.retry_limit, doubled) * random.uniform(0.5, 1)
