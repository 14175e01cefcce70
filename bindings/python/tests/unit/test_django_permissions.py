"""Who may, for handlers and connect hooks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.contrib.auth.models import Permission, User  # noqa: E402

from realtime_sidecar import Client, ConfigurationError, default_client  # noqa: E402
from realtime_sidecar.django import (  # noqa: E402
    Context,
    login_required,
    permission_required,
    user_passes_test,
)
from realtime_sidecar.django.handlers import surroundings  # noqa: E402
from support.sidecar import Link, Sidecar  # noqa: E402

pytestmark = pytest.mark.usefixtures("app_outbox")


@pytest.fixture
def ann() -> Iterator[User]:
    made = User.objects.create(username="ann")
    yield made
    made.delete()


def serve(sidecar: Sidecar, client: Client, handler: Any) -> Link:
    client.process.surround(surroundings())
    client.process.router.on("e")(handler)
    client.process.router.on_connect(handler)
    client.process.serve()
    return sidecar.link()


async def athe_name_is_ann(user: User) -> bool:
    return user.get_username() == "ann"


@login_required
def signed_in(ctx: Context, *args: Any) -> str:
    """Greets."""
    return "done"


@login_required(message="sign in first", on_denied={"error": "sign in"})
async def asigned_in(ctx: Context, *args: Any) -> str:
    return "done"


@user_passes_test(lambda user: user.get_username() == "ann", message="sign in first")
def is_ann(ctx: Context, *args: Any) -> str:
    return "done"


@user_passes_test(athe_name_is_ann, message="sign in first")
async def ais_ann(ctx: Context, *args: Any) -> str:
    return "done"


@pytest.mark.parametrize("handler", [signed_in, asigned_in, is_ann, ais_ann])
def test_one_who_may_not_is_refused_and_his_events_are_not_handled(
    sidecar: Sidecar, client: Client, ann: User, handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "realtime.handlers")
    link = serve(sidecar, client, handler)
    assert link.event("e", user=str(ann.pk)).result() == ["done"]
    refused = link.connect(auth="x")
    assert refused.error == {"code": "refused", "message": "sign in first"}
    answer = link.event("e").answer()
    if handler is asigned_in:
        assert answer.result == [{"error": "sign in"}]
    else:
        assert answer.error == {"code": "refused", "message": "PermissionDenied in event e of /"}
        assert "event e of / denied: sign in first" in caplog.messages
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_permissions_are_asked_for_at_each_event(
    sidecar: Sidecar, client: Client, ann: User
) -> None:
    @permission_required("auth.view_user", "auth.add_user", on_denied="no")
    def handler(ctx: Context) -> str:
        return "yes"

    @permission_required("auth.view_user", on_denied="no")
    async def ahandler(ctx: Context) -> str:
        return "yes"

    client.process.router.on("a")(ahandler)
    link = serve(sidecar, client, handler)
    pk = str(ann.pk)

    def answers() -> list[Any]:
        return [link.event(event, user=pk).result()[0] for event in ("e", "a")]

    assert answers() == ["no", "no"]
    ann.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert answers() == ["no", "yes"]
    ann.user_permissions.add(Permission.objects.get(codename="add_user"))
    assert answers() == ["yes", "yes"]


def test_a_guarded_function_looks_like_itself() -> None:
    assert (signed_in.__name__, signed_in.__doc__) == ("signed_in", "Greets.")
    assert list(inspect.signature(signed_in).parameters) == ["ctx", "args"]
    assert inspect.iscoroutinefunction(asigned_in)
    assert not inspect.iscoroutinefunction(signed_in)


def test_a_hook_without_auth_stays_one(sidecar: Sidecar, client: Client) -> None:
    @user_passes_test(lambda user: True)
    def hook(ctx: Context) -> None:
        ctx.join("lobby")

    client.process.surround(surroundings())
    client.process.router.on_connect(hook)
    client.process.serve()
    assert sidecar.link().connect(auth="ignored").result == {"rooms": ["lobby"]}


def test_a_guard_that_guards_nothing_is_an_error() -> None:
    def handler(ctx: Context) -> None: ...

    default_client.process.router.on("unguarded")(handler)
    with pytest.raises(ConfigurationError, match="below the one that says which event"):
        login_required(handler)


@pytest.mark.parametrize("permissions", [(), ("view_order",), (7,)])
def test_a_permission_that_is_none_is_an_error(permissions: Any) -> None:
    with pytest.raises(ConfigurationError, match="permission"):
        permission_required(*permissions)


def test_an_async_test_needs_an_async_handler() -> None:
    with pytest.raises(ConfigurationError, match="async"):
        user_passes_test(athe_name_is_ann)(lambda ctx: None)
