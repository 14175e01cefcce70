"""Who may: decorators for handlers and connect hooks, after those Django has for views.

    @on("cancel", namespace="/orders")
    @permission_required("shop.change_order", on_denied={"error": "not allowed"})
    def cancel(ctx, number): ...

    @on_connect(namespace="/staff")
    @user_passes_test(lambda user: user.is_staff, message="staff only")
    def staff(ctx): ...

They go below `on`, next to the function, and say so where they do not. They work for ``def`` and
``async def``, whose users are looked up off the event loop. What happens to one who may not:

- a connect hook refuses the client, which reads ``message`` in its ``connect_error``;
- an event is not handled. With ``on_denied`` that value is the ack; without it there is none (the
  client's own timeout tells it) and the log has a line at info.

The user is looked up for each event, so one who is deactivated may no more at once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied

from realtime_sidecar import ConfigurationError, default_client
from realtime_sidecar._select import ABSENT

from .context import Context

Function = TypeVar("Function", bound=Callable[..., Any])
Decorator = Callable[[Function], Function]


def user_passes_test(
    test: Callable[[Any], Any], *, message: str = "permission denied", on_denied: Any = ABSENT
) -> Callable[[Function], Function]:
    """Lets only those users pass of whom ``test`` says so.

    Args:
        test: Gets the user, an AnonymousUser too. In async handlers it is called on a thread,
            unless it is ``async`` itself.
        message: What a refused client reads.
        on_denied: The ack of an event that is not handled; not given means none.

    Returns:
        The decorator.

    Raises:
        ConfigurationError: When applied above `on`, where it would guard nothing.
    """

    def decorate(function: Function) -> Function:
        if default_client.process.router.registered(function):
            raise ConfigurationError(
                f"the handler {function.__qualname__} is registered without its guard: "
                "the decorator that says who may goes below the one that says which event"
            )
        if inspect.iscoroutinefunction(function):
            guarded = _aguarded(function, test, message, on_denied)
        else:
            guarded = _guarded(function, test, message, on_denied)
        return cast(Function, guarded)

    return decorate


@overload
def login_required(function: Function, /) -> Function: ...
@overload
def login_required(
    function: None = None, /, *, message: str = ..., on_denied: Any = ...
) -> Callable[[Function], Function]: ...
def login_required(
    function: Any = None, /, *, message: str = "sign in first", on_denied: Any = ABSENT
) -> Any:
    """Lets only users pass who are signed in, and active.

    Args:
        function: The handler, when used without parentheses.
        message: What a refused client reads.
        on_denied: The ack of an event that is not handled; not given means none.

    Returns:
        The function, or the decorator.
    """
    decorate = user_passes_test(_signed_in, message=message, on_denied=on_denied)
    return decorate if function is None else decorate(function)


def permission_required(
    *permissions: str, message: str = "permission denied", on_denied: Any = ABSENT
) -> Callable[[Function], Function]:
    """Lets only users pass who have all of the permissions.

    Args:
        *permissions: Such as ``shop.view_order``; at least one.
        message: What a refused client reads.
        on_denied: The ack of an event that is not handled; not given means none.

    Returns:
        The decorator.

    Raises:
        ConfigurationError: No permission, or one without its app's label.
    """
    if not permissions:
        raise ConfigurationError("permission_required needs a permission")
    for permission in permissions:
        if not isinstance(permission, str) or "." not in permission:
            raise ConfigurationError(
                f"a permission is 'app.codename', such as 'shop.view_order', not {permission!r}"
            )

    def has_them(user: Any) -> bool:
        return bool(user.has_perms(permissions))

    return user_passes_test(has_them, message=message, on_denied=on_denied)


def _signed_in(user: Any) -> bool:
    return bool(user.is_authenticated)


def _guarded(
    function: Callable[..., Any], test: Callable[[Any], Any], message: str, on_denied: Any
) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(test):
        raise ConfigurationError("an async test needs an async handler")

    @functools.wraps(function)
    def guarded(ctx: Context, *args: Any) -> Any:
        if not test(ctx.user):
            return _denied(ctx, message, on_denied)
        return function(ctx, *args)

    return guarded


def _aguarded(
    function: Callable[..., Any], test: Callable[[Any], Any], message: str, on_denied: Any
) -> Callable[..., Any]:
    asks_nobody = test is _signed_in or inspect.iscoroutinefunction(test)
    atest = test if asks_nobody else sync_to_async(test)

    @functools.wraps(function)
    async def guarded(ctx: Context, *args: Any) -> Any:
        passes = atest(await ctx.auser())
        if not (await passes if inspect.isawaitable(passes) else passes):
            return _denied(ctx, message, on_denied)
        return await function(ctx, *args)

    return guarded


def _denied(ctx: Context, message: str, on_denied: Any) -> Any:
    if on_denied is ABSENT or ctx.connecting:
        raise PermissionDenied(message)
    return on_denied
