"""The pages. They show what is; from then on they live by events."""

from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from realtime_sidecar.django import of

from .menu import DISHES, place_order
from .models import BOARD, KITCHEN, Order, for_kitchen


@login_required
def home(request):
    """The board for those who may see it, for others the orders of their own."""
    shown = {"statuses": Order.Status.choices}
    if request.user.has_perm("orders.view_order"):
        shown["orders"] = [for_kitchen(order) for order in Order.shown()]
        return render(request, "orders/board.html", shown)
    shown["orders"] = request.user.orders.select_related("cook")[: Order.SHOWN]
    return render(request, "orders/customer.html", {**shown, "dishes": DISHES})


@login_required
def order(request, number):
    """One order, for its owner and for the kitchen."""
    found = get_object_or_404(Order, number=number)
    if found.owner != request.user and not request.user.has_perm("orders.view_order"):
        raise Http404
    return render(request, "orders/order.html", {"order": found, "statuses": Order.Status.choices})


@require_POST
@login_required
def place(request):
    """Orders what was chosen from the menu."""
    dishes = [dish for dish in request.POST.getlist("dish") if dish in DISHES]
    return redirect(place_order(request.user, dishes) if dishes else "home")


@require_POST
@permission_required("orders.change_order", raise_exception=True)
@transaction.atomic
def move(request, number):
    """Moves an order on, by the form of a page or by its script."""
    found = get_object_or_404(Order.objects.select_for_update(), number=number)
    status = request.POST.get("status")
    moved = found.move(status)  # the model tells everyone, this page included
    if moved:
        # This page's user knows already: only the others are told who it was.
        notice = f"{request.user.get_short_name()} moved #{number} to {status}"
        of(KITCHEN).to(BOARD).except_("current").emit("notice", notice)
    if request.accepts("text/html"):
        return redirect(found)
    return JsonResponse(for_kitchen(found), status=200 if moved else 409)
