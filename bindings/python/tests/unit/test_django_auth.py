"""Who a client is, and what ends its sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.apps import apps  # noqa: E402
from django.contrib.auth import HASH_SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.test import Client as Browser  # noqa: E402
from django.test import RequestFactory, override_settings  # noqa: E402

from realtime_sidecar.django import user as sockets_of  # noqa: E402
from realtime_sidecar.django.auth import Identity, identify  # noqa: E402
from realtime_sidecar.django.login import public_login_of  # noqa: E402
from realtime_sidecar.testing import Outbox, outbox  # noqa: E402


@pytest.fixture
def ann() -> Iterator[User]:
    made = User.objects.create_user("ann", password="secret")
    yield made
    User.objects.filter(username="ann").delete()
    Session.objects.all().delete()


@pytest.fixture
def browser(ann: User) -> Browser:
    browser = Browser()
    browser.force_login(ann)
    return browser


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as box:
        yield box


def asked(browser: Browser | None = None, auth: Any = None, claims: Any = None) -> Identity:
    request = RequestFactory().get("/socket.io/")
    if browser is not None:
        request.COOKIES["sessionid"] = browser.cookies["sessionid"].value
    return identify(request, auth, claims)


def stored() -> list[tuple[Any, ...]]:
    return list(Session.objects.values_list("session_key", "session_data", "expire_date"))


def test_a_session_names_user_and_login_and_is_not_touched(ann: User, browser: Browser) -> None:
    before = stored()
    identity = asked(browser)
    assert (identity.user, identity.login) == (ann, browser.session.session_key)
    assert stored() == before


def test_a_session_of_another_password_or_an_inactive_user_is_nobodys(
    ann: User, browser: Browser
) -> None:
    before = stored()
    ann.set_password("other")
    ann.save()
    assert asked(browser) == Identity(asked().user)
    assert stored() == before
    browser.force_login(ann)
    assert asked(browser).user == ann
    ann.is_active = False
    ann.save()
    assert not asked(browser).user.is_authenticated


def test_a_session_signed_with_the_key_before_this_one_stays(ann: User, browser: Browser) -> None:
    session = browser.session
    with override_settings(SECRET_KEY="a newer one", SECRET_KEY_FALLBACKS=["only for tests"]):
        if not hasattr(ann, "get_session_auth_fallback_hash"):
            assert not asked(browser).user.is_authenticated  # as Django 3.2 itself
            return
        assert asked(browser).user == ann
    assert browser.session[HASH_SESSION_KEY] == session[HASH_SESSION_KEY]


@pytest.mark.parametrize("engine", ["file", "cache", "cached_db", "signed_cookies"])
def test_every_session_engine_is_read(ann: User, engine: str) -> None:
    with override_settings(SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}"):
        browser = Browser()
        browser.force_login(ann)
        identity = asked(browser)
        assert identity.user == ann
        assert identity.login
        assert len(identity.login) <= 256


def test_claims_name_the_user_and_when_to_ask_again(ann: User, browser: Browser) -> None:
    soon = time.time() + 60
    claims = {"sub": str(ann.pk), "exp": soon, "login": "l"}
    assert asked(claims=claims) == Identity(ann, "l", soon)
    by_page = asked(browser, claims={"sub": str(ann.pk), "exp": soon})
    assert by_page.login == browser.session.session_key
    gone = asked(browser, claims={"sub": "4711", "exp": soon})
    assert not gone.user.is_authenticated
    assert asked(browser, claims={"exp": soon}).user == ann
    assert asked(browser, claims={"exp": soon}).expires == soon


def by_name(request: Any, auth: Any, claims: Any) -> Any:
    return User.objects.filter(username=(auth or {}).get("name")).first()


def test_a_projects_own_authenticators_take_the_place_of_the_others(
    ann: User, browser: Browser
) -> None:
    with override_settings(REALTIME={"authenticators": [f"{__name__}.by_name"]}):
        assert asked(auth={"name": "ann"}) == Identity(ann)
        assert not asked(browser).user.is_authenticated


def test_logging_out_ends_the_sockets_of_that_session(browser: Browser, sent: Outbox) -> None:
    key = str(browser.session.session_key)
    browser.logout()
    ((method, params),) = sent.requests
    assert method == "disconnect"
    assert params == {"namespace": "/", "logins": [key, public_login_of(key)], "close": True}


def test_another_password_deactivation_and_deletion_end_all_sockets_of_a_user(
    ann: User, sent: Outbox
) -> None:
    name, pk = "disconnect", str(ann.pk)
    expected = (
        name, {"namespace": "/", "users": [pk], "logins": [], "close": True, "reconnect": True}
    )  # fmt: skip
    ann.first_name = "Ann"
    ann.save()
    ann.save(update_fields=["last_login"])
    assert sent.requests == []
    again = User.objects.get(pk=ann.pk)
    again.set_password("new")
    again.save()
    assert sent.requests == [expected]
    again.is_active = False
    again.save()
    again.save()
    assert sent.requests == [expected, expected]
    again.delete()
    assert sent.requests == [expected, expected, expected]


def test_a_users_sockets_are_disconnected_by_hand(sent: Outbox) -> None:
    sockets_of(7).disconnect()
    sockets_of(7).disconnect(close=False)
    assert [params for _, params in sent.requests] == [
        {"namespace": "/", "users": ["7"], "logins": [], "close": True},
        {"namespace": "/", "users": ["7"]},
    ]


@pytest.mark.skipif(
    not apps.is_installed("rest_framework.authtoken"),
    reason="Django REST framework is not among the packages of this environment",
)
def test_a_token_of_rest_framework_names_its_user_until_it_is_deleted(
    ann: User, sent: Outbox
) -> None:
    token = apps.get_model("authtoken", "Token")._default_manager.create(user=ann)
    identity = asked(auth={"token": token.key})
    assert identity.user == ann
    assert identity.login is not None
    assert token.key not in identity.login
    assert not asked(auth={"token": "no"}).user.is_authenticated
    assert not asked(auth={"token": [token.key]}).user.is_authenticated
    ann.is_active = False
    ann.save()
    assert not asked(auth={"token": token.key}).user.is_authenticated
    sent.clear()
    token.delete()
    assert sent.requests[0][1]["logins"] == [identity.login]
