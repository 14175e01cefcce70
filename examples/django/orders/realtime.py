"""What clients may ask of us. Any serving process may be given any of it."""

from django.db import transaction
from realtime_sidecar.django import (
    login_required,
    of,
    on,
    on_connect,
    on_disconnect,
    permission_required,
)

from .models import BOARD, KITCHEN, Order, for_kitchen

board = of(KITCHEN).to(BOARD)


@on_connect
@login_required
def enter(ctx):
    """Lets customers in. What they follow is written in their page's tokens: nothing to do here."""


@on_connect(namespace=KITCHEN)
@permission_required("orders.view_order", message="for the kitchen only")
def enter_kitchen(ctx):
    """Lets cooks in, and remembers a name for `watchers`."""
    ctx.join(BOARD)
    ctx.data = {"name": ctx.user.get_short_name()}


@on("look", namespace=KITCHEN)
def look(ctx):
    """Answers with all that a board shows: it asks after each connect, having maybe missed some."""
    board.emit("watchers")
    return [for_kitchen(order) for order in Order.shown()]


@on("claim", namespace=KITCHEN)
@permission_required("orders.change_order", on_denied={"error": "You may only look."})
@transaction.atomic
def claim(ctx, number):
    """Gives an order to the cook who asks first, and tells any other who was faster."""
    order = Order.objects.select_for_update().filter(number=number).first()
    if order is None:
        return {"error": "That order is gone."}
    if order.cook and order.cook != ctx.user:
        return {"error": f"{order.cook.get_short_name()} was faster."}
    order.cook = ctx.user
    order.save()
    return {"cook": ctx.user.get_short_name()}


@on("watchers", namespace=KITCHEN)
def watchers(ctx):
    """Answers with who looks at the board, each person once.

    The sidecar knows, for all processes of the app and through their restarts, so that nothing is
    stored here. An event only says that it is time to ask: two of them may overtake each other.
    """
    people = {socket.user: socket.data["name"] for socket in board.sockets().sockets}
    return sorted(people.values())


@on_disconnect(namespace=KITCHEN)
def leave_kitchen(ctx, reason):
    """Has the others ask again."""
    board.emit("watchers")
