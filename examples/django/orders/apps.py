"""The app of the orders board."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Begins to listen to saves. The handlers in realtime.py are found without help."""

    name = "orders"

    def ready(self):
        """Connects the signals. No link to the sidecar is opened here."""
        from . import signals  # noqa: F401
