"""What is on the board."""

from django.core.validators import MinValueValidator
from django.db import models


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
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    total = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(0)])
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Newest first, in the admin too."""

        ordering = ["-number"]

    def __str__(self):
        return f"#{self.number} {self.customer}"

    @classmethod
    def shown(cls):
        """The orders that a board begins with."""
        return cls.objects.all()[: cls.SHOWN]

    def advance(self):
        """Moves to the next status and saves. A delivered order stays as it is."""
        statuses = self.Status.values
        following = statuses.index(self.status) + 1
        if following < len(statuses):
            self.status = statuses[following]
            self.save()

    def as_event(self):
        """The order as the page wants it."""
        return {
            "number": self.number,
            "customer": self.customer,
            "status": self.status,
            "total": self.total,
            "updated_at": self.updated_at,
        }
