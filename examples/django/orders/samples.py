"""Orders and people to look at."""

import random

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from .menu import DISHES, FIRST_NUMBER
from .models import Order

PASSWORD = "let me look"  # of all accounts here; there are none unless DEBUG is on

ACCOUNTS = [
    {"username": "grace", "name": "Grace Hopper", "role": "cook"},
    {"username": "alan", "name": "Alan Turing", "role": "cook"},
    {"username": "ada", "name": "Ada Lovelace", "role": "customer"},
    {"username": "tony", "name": "Tony Hoare", "role": "customer"},
]

BY_TELEPHONE = ["Barbara Liskov", "Edsger Dijkstra", "Katherine Johnson", "Radia Perlman"]


def sample(number, status=Order.Status.NEW, owner=None, cook=None):
    """Makes up an order, not saved."""
    dishes = random.sample(list(DISHES), random.randint(1, 3))
    return Order(
        number=number,
        customer=owner.get_full_name() if owner else random.choice(BY_TELEPHONE),
        owner=owner,
        items=", ".join(dishes),
        status=status,
        cook=cook,
        total=sum(DISHES[dish] for dish in dishes),
    )


@transaction.atomic
def fill():
    """Makes the accounts, and fills an empty board: in one statement, which sends no signals."""
    people = [account(**given) for given in ACCOUNTS] if settings.DEBUG else []
    if not Order.objects.exists():
        customers = [user for user in people if not user.is_staff] + [None]
        cooks = [user for user in people if user.is_staff] or [None]
        statuses = [status for status in reversed(Order.Status) for _ in customers]
        Order.objects.bulk_create(
            sample(
                number,
                status,
                owner=customers[number % len(customers)],
                cook=None if status == Order.Status.NEW else cooks[number % len(cooks)],
            )
            for number, status in enumerate(statuses, FIRST_NUMBER)
        )


def account(username, name, role):
    """Gives an account, made when it is not there."""
    users = get_user_model().objects
    user = users.filter(username=username).first()
    if user is None:
        first, last = name.split()
        user = users.create_user(username, password=PASSWORD, first_name=first, last_name=last)
    if role == "cook" and not user.is_staff:
        user.is_staff = True
        user.save()
        user.groups.add(kitchen_staff())
    return user


def kitchen_staff():
    """Gives the group of those who may see and change all orders."""
    group, _ = Group.objects.get_or_create(name="Cooks")
    group.permissions.set(Permission.objects.filter(content_type__app_label="orders"))
    return group
