from __future__ import annotations

from typing import Any

from django.db import models

from realtime_sidecar.django import broadcast_on_save


class Order(models.Model):
    total: models.DecimalField[Any, Any] = models.DecimalField(max_digits=8, decimal_places=2)
    note: models.TextField[Any, Any] = models.TextField(default="")


class Line(models.Model):
    sku: models.CharField[Any, Any] = models.CharField(max_length=20, primary_key=True)


broadcast_on_save(
    Order,
    room=lambda order: ["orders", order],
    data=lambda order: {"id": order.pk, "total": order.total},
)
