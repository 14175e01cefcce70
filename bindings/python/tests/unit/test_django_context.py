"""What handlers get in Django, asked by a scripted sidecar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.contrib.auth.models import AnonymousUser, User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.exceptions import SynchronousOnlyOperation  # noqa: E402

import realtime_sidecar as realtime  # noqa: E402
from realtime_sidecar import Client  # noqa: E402
from realtime_sidecar.django import Context  # noqa: E402
from realtime_sidecar.django.handlers import surroundings  # noqa: E402
from support.sidecar import Link, Sidecar  # noqa: E402

pytestmark = pytest.mark.usefixtures("app_outbox")


@pytest.fixture
def django(client: Client) -> Client:
    client.process.surround(surroundings())
    return client


@pytest.fixture
def user() -> Any:
    made = User.objects.create(username="ann")
    yield made
    User.objects.filter(username="ann").delete()


@pytest.fixture
def session(user: User) -> SessionStore:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["cart"] = [1, 2]
    store.save()
    return store


def serve(sidecar: Sidecar, client: Client) -> Link:
    client.process.serve()
    return sidecar.link()


def with_cookie(session: SessionStore) -> dict[str, Any]:
    return {"headers": {"host": "shop.test:8000", "cookie": f"sessionid={session.session_key}"}}


def connect(link: Link, handshake: dict[str, Any], **params: Any) -> Any:
    given = {"socket": "s1", "namespace": "/", "auth": None, "recovered": False, **params}
    return link.ask("connect", handshake={"query": {}, **handshake}, **given).answer()


def test_without_a_hook_of_the_app_clients_are_identified(
    sidecar: Sidecar, django: Client, user: User, session: SessionStore
) -> None:
    link = serve(sidecar, django)
    assert link.hello["hooks"] == ["connect"]
    result = connect(link, with_cookie(session)).result
    assert (result["user"], result["login"]) == (str(user.pk), session.session_key)
    assert connect(link, {"headers": {}}).result == {}


def test_a_visitor_has_a_session_too(sidecar: Sidecar, django: Client) -> None:
    visited = SessionStore()
    visited["cart"] = [3]
    visited.save()
    carts: list[Any] = []
    django.process.router.on_connect(lambda ctx: carts.append(ctx.session.get("cart")))
    django.process.router.on("e")(lambda ctx: ctx.session.get("cart"))
    link = serve(sidecar, django)
    assert connect(link, with_cookie(visited)).result == {"login": visited.session_key}
    assert link.event("e", login=visited.session_key).result() == [[3]]
    too_long = {"headers": {"cookie": "sessionid=" + "x" * 257}}
    assert connect(link, too_long).result == {}
    assert carts == [[3], None]


def test_a_connect_hook_sees_user_session_and_request(
    sidecar: Sidecar, django: Client, user: User, session: SessionStore
) -> None:
    seen: list[Any] = []

    @django.process.router.on_connect
    def hook(ctx: Context, auth: Any) -> None:
        request = ctx.request
        seen.append((ctx.user, ctx.user_pk, ctx.session["cart"], ctx.auth, ctx.claims))
        seen.append((request.user, request.session["cart"], request.GET["room"]))
        seen.append((request.get_host(), request.path, request.META["REMOTE_ADDR"]))
        seen.append((request.method, request.is_secure(), request.headers["X-Language"]))

    handshake = with_cookie(session)
    handshake["headers"]["x-language"] = "fr"
    handshake.update(url="/socket.io/?room=caf%C3%A9", address="192.0.2.1", secure=True)
    link = serve(sidecar, django)
    assert connect(link, handshake, auth={"a": 1}).error is None
    assert seen == [
        (user, str(user.pk), [1, 2], {"a": 1}, None),
        (user, [1, 2], "café"),
        ("shop.test:8000", "/socket.io/", "192.0.2.1"),
        ("GET", True, "fr"),
    ]


def test_an_async_hook_sees_them_too(
    sidecar: Sidecar, django: Client, user: User, session: SessionStore
) -> None:
    @django.process.router.on_connect
    async def hook(ctx: Context) -> None:
        assert await ctx.auser() == user
        ctx.data = (await ctx.asession())["cart"]

    assert connect(serve(sidecar, django), with_cookie(session)).result["data"] == [1, 2]


def test_a_hook_may_name_another_user_or_none(
    sidecar: Sidecar, django: Client, user: User, session: SessionStore
) -> None:
    @django.process.router.on_connect
    def hook(ctx: Context, auth: Any) -> None:
        ctx.user = user if auth == "ann" else AnonymousUser()
        assert ctx.user.is_authenticated == (auth == "ann")

    link = serve(sidecar, django)
    assert connect(link, {"headers": {}}, auth="ann").result["user"] == str(user.pk)
    assert connect(link, with_cookie(session)).result["user"] is None


def test_a_recovered_client_that_has_signed_out_is_nobody(
    sidecar: Sidecar, django: Client, session: SessionStore
) -> None:
    link = serve(sidecar, django)
    result = connect(link, {"headers": {}}, recovered=True).result
    assert (result["user"], result["login"]) == (None, None)


def test_claims_open_rooms_but_not_for_a_user_who_is_gone(sidecar: Sidecar, django: Client) -> None:
    link = serve(sidecar, django)
    claims = {"rooms": ["order:7"], "data": {"n": 1}}
    result = connect(link, {"headers": {}}, claims=claims).result
    assert (result["rooms"], result["data"]) == (["order:7"], {"n": 1})
    result = connect(link, {"headers": {}}, claims={**claims, "sub": "999999"}).result
    assert "rooms" not in result


def ask(sidecar: Sidecar, django: Client, handler: Callable[..., Any], **params: Any) -> Any:
    django.process.router.on("e")(handler)
    return serve(sidecar, django).event("e", **params).result()


def test_the_user_is_looked_up_for_each_event(sidecar: Sidecar, django: Client, user: User) -> None:
    def handler(ctx: Context) -> list[Any]:
        assert ctx.user is ctx.user  # once for an event
        return [ctx.user.get_username(), ctx.user.is_authenticated]

    assert ask(sidecar, django, handler, user=str(user.pk)) == [["ann", True]]


def test_a_user_who_is_inactive_gone_or_no_key_is_anonymous(
    sidecar: Sidecar, django: Client, user: User
) -> None:
    django.process.router.on("e")(lambda ctx: ctx.user.is_anonymous)
    link = serve(sidecar, django)
    assert link.event("e", user=str(user.pk)).result() == [False]
    user.is_active = False
    user.save()
    for key in (str(user.pk), "999999", "no number", None):
        assert link.event("e", user=key).result() == [True]


def test_an_async_handler_awaits_its_user_and_session(
    sidecar: Sidecar, django: Client, user: User, session: SessionStore
) -> None:
    async def handler(ctx: Context) -> list[Any]:
        name = (await ctx.auser()).get_username()
        assert ctx.user.get_username() == name  # known by now
        return [name, (await ctx.asession()).get("cart")]

    login = session.session_key
    assert ask(sidecar, django, handler, user=str(user.pk), login=login) == [["ann", [1, 2]]]


def test_a_session_that_is_over_is_empty_and_no_session_can_be_written(
    sidecar: Sidecar, django: Client, session: SessionStore
) -> None:
    def handler(ctx: Context) -> list[Any]:
        with pytest.raises(TypeError):
            ctx.session["cart"] = []  # type: ignore[index]
        return list(ctx.session)

    django.process.router.on("e")(handler)
    link = serve(sidecar, django)
    assert "cart" in link.event("e", login=session.session_key).result()[0]
    session.delete()
    assert link.event("e", login=session.session_key).result() == [[]]
    assert link.event("e").result() == [[]]


def test_the_request_is_told_to_connect_hooks_only(sidecar: Sidecar, django: Client) -> None:
    def handler(ctx: Context) -> None:
        with pytest.raises(realtime.RealtimeError, match=r"ctx\.data"):
            _ = ctx.request

    assert ask(sidecar, django, handler) == []


def test_an_async_handler_that_asks_the_database_unawaited_is_told(
    sidecar: Sidecar, django: Client, user: User
) -> None:
    async def handler(ctx: Context) -> str:
        with pytest.raises(SynchronousOnlyOperation):
            _ = ctx.user
        return "told"

    assert ask(sidecar, django, handler, user=str(user.pk)) == ["told"]
