"""What the shop keeps."""

from django.db import models


class Order(models.Model):
    """An order."""

    number = models.CharField(max_length=20)
    total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
