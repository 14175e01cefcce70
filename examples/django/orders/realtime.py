"""What boards may ask of us. Any serving process may be given any of it."""

import realtime_sidecar as realtime

from .models import Order
from .signals import ROOM


@realtime.on_connect
def enter(socket):
    """Lets everyone watch. Your app would look at the session or a token, and `realtime.reject`."""
    socket.join(ROOM)


@realtime.on("orders")
def orders(socket):
    """Answers with all that a board shows: it asks after each connect, having maybe missed some."""
    return [order.as_event() for order in Order.shown()]


@realtime.on("advance")
def advance(socket, number):
    """Moves an order on. The save tells all boards, the one that asked included."""
    order = Order.objects.filter(number=number).first()
    if order:
        order.advance()
