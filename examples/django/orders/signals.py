"""Whoever saves or deletes an order (the admin, a shell, a command, a view), every board shows it."""

import realtime_sidecar as realtime
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from .models import Order

ROOM = "orders"


@receiver(post_save, sender=Order)
def saved(instance, **_):
    """Tells the boards, once the order is really stored."""
    order = instance.as_event()
    transaction.on_commit(lambda: realtime.emit("order", order, to=ROOM))


@receiver(post_delete, sender=Order)
def deleted(instance, **_):
    """Tells the boards, once the order is really gone."""
    number = instance.number
    transaction.on_commit(lambda: realtime.emit("order deleted", number, to=ROOM))
