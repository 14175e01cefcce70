"""`manage.py neworder`: an order from a shell, as from a cron job or a queue."""

from decimal import Decimal

from django.core.management.base import BaseCommand
from orders.samples import next_number, sample


class Command(BaseCommand):
    """Saves one order. The boards hear of it by the model's signal, not from here."""

    help = "Saves a new order; every open board shows it."

    def add_arguments(self, parser):
        """Both are made up when not given."""
        parser.add_argument("customer", nargs="?")
        parser.add_argument("--total", type=Decimal)

    def handle(self, *args, customer, total, **options):
        """Saves it and says its number."""
        order = sample(next_number())
        order.customer = customer or order.customer
        order.total = order.total if total is None else total
        order.save()
        self.stdout.write(f"{order}: {order.total}")
