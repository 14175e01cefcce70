"""What there is to eat, and how it is ordered."""

from decimal import Decimal

from django.db import transaction

from .models import Order

FIRST_NUMBER = 1001

DISHES = {
    "Margherita": Decimal("9.50"),
    "Funghi": Decimal("11.00"),
    "Lasagne": Decimal("12.50"),
    "Gnocchi al pesto": Decimal("10.80"),
    "Insalata": Decimal("6.20"),
    "Tiramisù": Decimal("5.40"),
}


def next_number():
    """Gives the number after the newest."""
    newest = Order.objects.first()
    return newest.number + 1 if newest else FIRST_NUMBER


@transaction.atomic
def place_order(owner, dishes):
    """Saves an order of a user."""
    return Order.objects.create(
        number=next_number(),
        owner=owner,
        customer=owner.get_full_name() or owner.get_username(),
        items=", ".join(dishes),
        total=sum(DISHES[dish] for dish in dishes),
    )
