"""Lets ``"realtime_sidecar"`` in INSTALLED_APPS mean ``"realtime_sidecar.django"``.

Both are what people write. Without this module the shorter one would be an app that silently does
nothing. Django alone imports it.
"""

from __future__ import annotations

from .django.apps import RealtimeConfig

__all__ = ["RealtimeConfig"]
