"""Who is meant: a namespace, rooms, users, exceptions; as values, and how arguments become them.

**Absent is everyone, empty is nobody**: ``emit(..., to=None)`` and ``to=[]`` reach nobody, so a
variable that turns out to be empty never becomes a broadcast.
"""

from __future__ import annotations

import dataclasses
import enum
import uuid
from collections.abc import Iterable
from typing import Any, Final, Protocol, TypedDict


class Absent(enum.Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""Says that an argument was not given, where None says something else."""


class HasId(Protocol):
    """A socket: anything that can be addressed by its ``id``."""

    @property
    def id(self) -> str:
        """The socket's id."""


class HasKey(Protocol):
    """A record of a framework that names records, such as Django's models."""

    @property
    def pk(self) -> Any:
        """The record's primary key."""


Addressee = str | HasId | HasKey
Addressees = Addressee | Iterable[Addressee] | None
User = str | int | uuid.UUID | HasKey
Users = User | Iterable[User] | None


class SelectKeywords(TypedDict, total=False):
    """The keywords that say who is meant.

    Attributes:
        to: Rooms and socket ids. Absent: everyone. None or empty: nobody.
        users: Users as the connect hook named them. Absent: not restricted. Empty: nobody.
        except_: Rooms and socket ids left out.
        except_users: Users left out.
        namespace: The namespace; ``/`` unless given. With stars, ``/room-*``, every one that fits:
            in emits, `sockets`, `count` and `disconnect`.
        logins: Logins, as the connect hook named them. Absent: not restricted. Empty: nobody.
        now: Do not wait for an open database transaction.
        using: Wait for this database's transaction only; without it, for all that are open.
    """

    to: Addressees
    users: Users
    except_: Addressees
    except_users: Users
    namespace: str
    logins: str | Iterable[str] | None
    now: bool
    using: str


@dataclasses.dataclass(frozen=True)
class Select:
    """Who is meant, as a value.

    Attributes:
        namespace: Begins with ``/``.
        to: Rooms and socket ids, or None for "not restricted".
        users: Users, or None for "not restricted".
        except_: Rooms and socket ids left out.
        except_users: Users left out.
        volatile: Emits may be dropped for clients that are not ready.
        local: Only clients of this node.
        compress: Emits are worth compressing, where the sidecar compresses.
        logins: Logins, or None for "not restricted".
        now: Do not wait for an open transaction.
        using: The database whose transaction is waited for, or None for all.
    """

    namespace: str = "/"
    to: tuple[str, ...] | None = None
    users: tuple[str, ...] | None = None
    except_: tuple[str, ...] = ()
    except_users: tuple[str, ...] = ()
    volatile: bool = False
    local: bool = False
    compress: bool = True
    logins: tuple[str, ...] | None = None
    now: bool = False
    using: str | None = None

    @property
    def restricted(self) -> bool:
        """Whether rooms, sockets, users or logins were named."""
        return any(named is not None for named in (self.to, self.users, self.logins))

    def params(self) -> dict[str, Any]:
        """Gives the link's keys; those that say nothing are left out.

        Returns:
            A new map.
        """
        params: dict[str, Any] = {"namespace": self.namespace}
        if self.to is not None:
            params["to"] = self.to
        if self.users is not None:
            params["users"] = self.users
        if self.logins is not None:
            params["logins"] = self.logins
        if self.except_:
            params["except"] = self.except_
        if self.except_users:
            params["except_users"] = self.except_users
        return params


def select_from(
    keywords: SelectKeywords, volatile: bool = False, local: bool = False, compress: bool = True
) -> Select:
    """Reads the keywords.

    Args:
        keywords: As given by a caller.
        volatile: For `Select`.
        local: For `Select`.
        compress: For `Select`.

    Returns:
        The value.

    Raises:
        TypeError: An unknown keyword, or something that is neither text nor a socket.
    """
    given: dict[str, Any] = dict(keywords)
    to, users = given.pop("to", ABSENT), given.pop("users", ABSENT)
    logins = given.pop("logins", ABSENT)
    select = Select(
        namespace=namespace_name(given.pop("namespace", "/")),
        to=None if to is ABSENT else addressees("to", to),
        users=None if users is ABSENT else user_names("users", users),
        except_=excepted(given.pop("except_", None)),
        except_users=user_names("except_users", given.pop("except_users", None)),
        volatile=volatile,
        local=local,
        compress=compress,
        logins=None if logins is ABSENT else _logins(logins),
        now=bool(given.pop("now", False)),
        using=given.pop("using", None),
    )
    if given:
        raise TypeError(f"unexpected keyword argument {next(iter(given))!r}")
    return select


def namespace_name(name: str) -> str:
    """Completes a namespace's name as Socket.IO does.

    Args:
        name: ``admin`` or ``/admin``; ``*`` for all.

    Returns:
        ``/admin``, or ``*``.

    Raises:
        TypeError: It is not text.
    """
    if not isinstance(name, str):
        raise TypeError(f"namespace must be text, not {name!r}")
    return name if name.startswith("/") or name == "*" else "/" + name


class Names(Protocol):
    """How a framework's records are named; see `name_records`."""

    def room(self, value: Any) -> str | None:
        """Names the room of a record; None for what is no record."""

    def user(self, value: Any) -> str | None:
        """Names a user; None for what is no record."""

    def current(self) -> tuple[str, ...]:
        """Gives the sockets of the page whose request is being answered."""


_records: Names | None = None


def name_records(names: Names | None) -> None:
    """Lets records of a framework stand for rooms and users; for all clients of the process.

    Args:
        names: How, or None for "not at all".
    """
    global _records
    _records = names


CURRENT: Final = "current"
"""``except_="current"``: the sockets of the page whose request is being answered."""


def excepted(value: Any) -> tuple[str, ...]:
    """Reads who is left out: as `addressees`, and `CURRENT`.

    Args:
        value: Rooms, sockets, or ``"current"``.

    Returns:
        Rooms and socket ids.
    """
    if _records is not None and isinstance(value, str) and value == CURRENT:
        return _records.current()
    return addressees("except_", value)


def _logins(value: Any) -> tuple[str, ...]:
    logins = (value,) if isinstance(value, str) else tuple(value or ())
    if not all(isinstance(login, str) and login for login in logins):
        raise TypeError("logins must be text")
    return logins


def addressees(argument: str, value: Any) -> tuple[str, ...]:
    """Reads rooms and sockets.

    Args:
        argument: The argument's name, for the error.
        value: Text, a socket, an iterable of them, or None.

    Returns:
        Rooms and socket ids.

    Raises:
        TypeError: Anything else; a room's name is text, so that 7 and "7" cannot differ.
    """
    if isinstance(value, str):
        return (value,)
    if value is None:
        return ()
    if _records is not None and (room := _records.room(value)) is not None:
        return (room,)
    if isinstance(getattr(value, "id", None), str):
        return (value.id,)
    if not isinstance(value, Iterable) or isinstance(value, (bytes, bytearray, dict)):
        raise TypeError(f"{argument} must be rooms or socket ids (text), not {value!r}")
    return tuple(_addressee(argument, item) for item in value)


def _addressee(argument: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if _records is not None and (room := _records.room(value)) is not None:
        return room
    id = getattr(value, "id", None)
    if not isinstance(id, str):
        raise TypeError(f"{argument} must be rooms or socket ids (text), not {value!r}")
    return id


def user_names(argument: str, value: Any) -> tuple[str, ...]:
    """Reads users.

    Args:
        argument: The argument's name, for the error.
        value: Text, an integer or UUID key, an iterable of them, or None.

    Returns:
        The users' names.

    Raises:
        TypeError: Anything else.
    """
    if value is None:
        return ()
    if isinstance(value, (str, int, uuid.UUID)):
        return (user_name(argument, value),)
    if _records is not None and (name := _records.user(value)) is not None:
        return (name,)
    if not isinstance(value, Iterable) or isinstance(value, (bytes, bytearray, dict)):
        raise TypeError(f"{argument} must be users (text or keys), not {value!r}")
    return tuple(user_name(argument, item) for item in value)


def user_name(argument: str, value: Any) -> str:
    """Reads one user.

    Args:
        argument: The argument's name, for the error.
        value: Text, or an integer or UUID key.

    Returns:
        Its text.

    Raises:
        TypeError: Anything else.
    """
    if isinstance(value, (str, int, uuid.UUID)) and not isinstance(value, bool):
        return str(value)
    name = None if _records is None else _records.user(value)
    if name is None:
        raise TypeError(f"{argument} must be users (text or keys), not {value!r}")
    return name
