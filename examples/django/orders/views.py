"""The one page."""

from django.shortcuts import render

from .models import Order


def board(request):
    """The board as it is now; from then on it lives by events."""
    orders = [order.as_event() for order in Order.shown()]
    return render(request, "orders/board.html", {"orders": orders, "statuses": Order.Status.choices})
