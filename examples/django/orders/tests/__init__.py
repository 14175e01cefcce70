"""What this project tests by itself: `python manage.py test`, without a running sidecar."""

from decimal import Decimal

from django.contrib.auth import get_user_model
from django.test import TestCase
from orders.models import Order
from orders.samples import kitchen_staff
from realtime_sidecar.testing import RealtimeTestMixin


class OrdersTestCase(RealtimeTestMixin, TestCase):
    """Two cooks, two customers, and a new order of the first of them."""

    @classmethod
    def setUpTestData(cls):
        """Makes them."""
        users = get_user_model().objects
        cls.grace, cls.alan, cls.ada, cls.tony = (
            users.create_user(name, first_name=name.title())
            for name in ("grace", "alan", "ada", "tony")
        )
        for cook in (cls.grace, cls.alan):
            cook.groups.add(kitchen_staff())
        cls.order = Order.objects.create(
            number=1001, customer="Ada Lovelace", owner=cls.ada, total=Decimal("9.50")
        )
