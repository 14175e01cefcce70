"""The app of the orders board."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Loads what listens: to saves (signals) and to clients (handlers)."""

    name = "orders"

    def ready(self):
        """Registers both. Nothing connects here."""
        from . import handlers, signals  # noqa: F401
