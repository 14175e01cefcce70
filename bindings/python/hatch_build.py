"""Tags wheels that carry the binary: no Python ABI is involved, but a platform is.

``REALTIME_WHEEL_PLATFORM`` is set by the repository's script/dist, which puts the program into
``src/realtime_sidecar/bin``. Without it, or with ``any``, the wheel is pure.
"""

from __future__ import annotations

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PlatformWheel(BuildHookInterface):
    """Sets the wheel's tag."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before each build.

        Args:
            version: Of the build target.
            build_data: What hatchling is about to do; changed in place.
        """
        platform = os.environ.get("REALTIME_WHEEL_PLATFORM", "any")
        if platform != "any":
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform}"
