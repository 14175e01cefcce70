"""Records as rooms and users: ``to=order`` is the room ``shop.order:7``, a user is its key."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from .current import current_sockets


def room(first: Any, *parts: Any) -> str:
    """Names one room by a record, text, or several of them: ``room(order, "lines")``.

    Args:
        first: A saved record, text or a number.
        *parts: More, joined with ``:``.

    Returns:
        The name: ``shop.order:7:lines``. A proxy's records share the room of its model.

    Raises:
        ValueError: A record that was never saved.
        TypeError: Something that names nothing.
    """
    return ":".join(_part(part) for part in (first, *parts))


def _part(part: Any) -> str:
    if isinstance(part, Model):
        return _record(part)
    if isinstance(part, str) or (isinstance(part, int) and not isinstance(part, bool)):
        return str(part)
    raise TypeError(f"a room is named by records, text and numbers, not {part!r}")


def _record(record: Model) -> str:
    if record.pk is None or record._state.adding:
        raise ValueError(f"{record!r} was never saved, so it has no room")
    return f"{_label(record)}:{record.pk}"


def _label(record: Model) -> str:
    model = record._meta.concrete_model or type(record)
    return model._meta.label_lower


class RecordNames:
    """How the core names Django's records."""

    def room(self, value: Any) -> str | None:
        """Names the room of a record.

        Args:
            value: Anything.

        Returns:
            The name; None for what is no record.
        """
        return _record(value) if isinstance(value, Model) else None

    def user(self, value: Any) -> str | None:
        """Names a user.

        Args:
            value: Anything.

        Returns:
            The text of its key; None for what is no user.

        Raises:
            TypeError: An anonymous user, who has no name.
        """
        if not hasattr(value, "is_authenticated") or not hasattr(value, "pk"):
            return None
        if value.pk is None:
            raise TypeError(f"{value!r} has no key, so nothing can be sent to it")
        return str(value.pk)

    def current(self) -> tuple[str, ...]:
        """Gives the sockets of the page whose request is being answered.

        Returns:
            Their ids.
        """
        return current_sockets()
