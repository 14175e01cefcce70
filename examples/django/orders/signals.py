"""For what is no handler, such as an audit: signals, as Django has them for requests and logins."""

import logging

from django.dispatch import receiver
from realtime_sidecar.django import client_connected, client_disconnected

from .models import KITCHEN

log = logging.getLogger("orders.audit")


@receiver(client_connected)
def entered(namespace, user_pk, socket_id, **_):
    """Notes who has opened the board."""
    if namespace == KITCHEN:
        log.info("user %s watches the board by %s", user_pk, socket_id)


@receiver(client_disconnected)
def left(namespace, user_pk, socket_id, reason, **_):
    """Notes who has closed it."""
    if namespace == KITCHEN:
        log.info("user %s has left the board by %s: %s", user_pk, socket_id, reason)
