"""The app of the orders board."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The handlers in realtime.py are found without help, as admin.py is."""

    name = "orders"

    def ready(self):
        """Connects the signals. No link to the sidecar is opened here."""
        from . import signals  # noqa: F401
