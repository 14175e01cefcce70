"""What is on the board, and who is told when it changes."""

from itertools import pairwise

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from realtime_sidecar.django import broadcast_on_save, room

KITCHEN = "/kitchen"  # the namespace of those who cook
BOARD = "board"  # its room


class Order(models.Model):
    """One order, from its arrival until it is delivered."""

    class Status(models.TextChoices):
        """In the order in which they follow each other."""

        NEW = "new"
        COOKING = "cooking"
        READY = "ready"
        DELIVERED = "delivered"

    SHOWN = 60  # orders on a board

    number = models.PositiveIntegerField(unique=True)
    customer = models.CharField(max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="orders",
        help_text="Whose account it is; none for an order by telephone.",
    )
    items = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    total = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(0)])
    cook = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Newest first, in the admin too."""

        ordering = ["-number"]

    def __str__(self):
        return f"#{self.number} {self.customer}"

    def get_absolute_url(self):
        """The page on which its owner follows it."""
        return reverse("order", args=[self.number])

    @classmethod
    def shown(cls):
        """The orders that a board begins with."""
        return cls.objects.select_related("cook")[: cls.SHOWN]

    @property
    def next_status(self):
        """The status after this one; None once it is delivered."""
        return dict(pairwise(self.Status.values)).get(self.status)

    @property
    def headline(self):
        """How it stands, for its customer."""
        cook = self.cook.get_short_name() if self.cook else "The kitchen"
        return {
            self.Status.NEW: "We have your order.",
            self.Status.COOKING: f"{cook} is cooking.",
            self.Status.READY: "Ready: come and get it!",
            self.Status.DELIVERED: "Enjoy your meal!",
        }[self.status]

    def move(self, status):
        """Moves on to the next status and saves.

        Says whether it did: somebody else may have been faster.
        """
        if status != self.next_status:
            return False
        self.status = status
        self.save()
        return True


def for_kitchen(order):
    """An order as the board shows it."""
    return {
        **for_customer(order),
        "customer": order.customer,
        "items": order.items,
        "total": order.total,
    }


def for_customer(order):
    """What its customer is told of it."""
    return {
        "id": order.pk,
        "number": order.number,
        "status": order.status,
        "next_status": order.next_status,
        "headline": order.headline,
        "cook": order.cook and order.cook.get_short_name(),
        "updated_at": order.updated_at,
    }


def rooms_of_customer(order):
    """The room of the order itself, and that of all orders of its owner."""
    return [order, room(order.owner, "orders")] if order.owner else [order]


# Whoever saves or deletes an order (a view, a handler, the admin, a command, a shell), these hear
# of it after the commit: order.created, order.updated, order.deleted. What they hear is named.
broadcast_on_save(Order, namespace=KITCHEN, room=lambda order: BOARD, data=for_kitchen)
broadcast_on_save(Order, room=rooms_of_customer, data=for_customer)
