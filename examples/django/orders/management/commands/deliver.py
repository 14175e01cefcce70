"""`manage.py deliver`: what a task does, here without a queue."""

from django.core.management.base import BaseCommand
from django.db import transaction

from orders.models import Order


class Command(BaseCommand):
    """Changes many orders in one transaction: the boards get them after it, in one frame."""

    help = "Delivers all orders that are ready."

    @transaction.atomic
    def handle(self, *args, **options):
        """Delivers and counts."""
        ready = Order.objects.select_for_update().filter(status=Order.Status.READY)
        delivered = [order.move(Order.Status.DELIVERED) for order in ready]
        self.stdout.write(f"{len(delivered)} delivered")
