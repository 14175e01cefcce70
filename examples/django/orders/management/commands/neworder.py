"""`manage.py neworder`: an order by telephone, as from a cron job or a queue's worker."""

from decimal import Decimal

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from orders.menu import next_number
from orders.samples import sample


class Command(BaseCommand):
    """Saves one order. The boards hear of it by the model, not from here."""

    help = "Saves a new order; every open board shows it."

    def add_arguments(self, parser):
        """The customer and the total are made up when not given."""
        parser.add_argument("customer", nargs="?")
        parser.add_argument("--total", type=Decimal)
        parser.add_argument("--fail", action="store_true", help="after the save, before the commit")

    @transaction.atomic
    def handle(self, *args, customer, total, fail, **options):
        """Saves it and says its number."""
        order = sample(next_number())
        order.customer = customer or order.customer
        order.total = order.total if total is None else total
        order.save()
        if fail:
            raise CommandError(f"{order} is rolled back: nobody hears of it")
        self.stdout.write(f"{order}: {order.total}")
