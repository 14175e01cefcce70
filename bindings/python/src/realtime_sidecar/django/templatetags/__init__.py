"""Template tags: ``{% load realtime %}``."""
