"""``{% load realtime %}``: the client's scripts and tokens in a page.

{% realtime_tags %}                                  scripts, with the page's CSP nonce
{% realtime_room_tag order "lines" %}                the page follows that room
{% realtime_token_tag %}                             the page connects as its user
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from realtime_sidecar.django import tags

register = template.Library()


@register.simple_tag(takes_context=True)
def realtime_tags(context: Context) -> SafeString:
    """Gives the scripts; a nonce is taken from ``csp_nonce``, or ``request.csp_nonce``.

    Args:
        context: The template's.

    Returns:
        HTML.
    """
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    return tags.script_tags(nonce)


@register.simple_tag
def realtime_room_tag(
    first: Any, *parts: Any, namespace: str = "/", expires_in: float = 86_400
) -> SafeString:
    """Gives the element by which the page follows a room.

    Args:
        first: A saved record or text.
        *parts: More of the room's name.
        namespace: The room's.
        expires_in: Seconds in which the page may connect with it.

    Returns:
        HTML.
    """
    return tags.room_tag(first, *parts, namespace=namespace, expires_in=expires_in)


@register.simple_tag(takes_context=True)
def realtime_token_tag(
    context: Context, user: Any = None, namespace: str = "/", expires_in: float = 600
) -> SafeString:
    """Gives the element with which the page connects as its user.

    Args:
        context: The template's; needs ``request``.
        user: Who; the request's user unless given.
        namespace: The only namespace it opens.
        expires_in: Seconds it counts.

    Returns:
        HTML.
    """
    return tags.token_tag(context.get("request"), user, namespace, expires_in)
