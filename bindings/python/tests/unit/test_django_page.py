"""What pages get, and who is current while one of their requests is answered."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.contrib.auth.models import AnonymousUser  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from shop.models import Order  # type: ignore[import-not-found]  # noqa: E402

import realtime_sidecar as realtime  # noqa: E402
from realtime_sidecar.django import suppress  # noqa: E402
from realtime_sidecar.django.current import current_sockets, read_header  # noqa: E402
from realtime_sidecar.django.login import public_login_of  # noqa: E402
from realtime_sidecar.django.middleware import RealtimeMiddleware  # noqa: E402
from realtime_sidecar.django.tags import jinja_globals  # noqa: E402
from realtime_sidecar.testing import Outbox, outbox  # noqa: E402

ONE, TWO = "a" * 20, "B-_4567890123456789x"
ENGINE = Engine(libraries={"realtime": "realtime_sidecar.django.templatetags.realtime"})


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as box:
        yield box


def page(text: str, **values: Any) -> str:
    template = ENGINE.from_string("{% load realtime %}" + text)
    return str(template.render(Context(values)))


def claims(html: str) -> dict[str, Any]:
    found = re.search(r'content="([^"]+)"', html)
    assert found is not None
    body = found[1].split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def test_the_scripts_have_the_pages_nonce() -> None:
    assert page("{% realtime_tags %}") == (
        '<script src="/socket.io/socket.io.js"></script>\n'
        '<script src="/socket.io/realtime.js"></script>'
    )
    by_request = page("{% realtime_tags %}", request=SimpleNamespace(csp_nonce='n"1'))
    assert by_request.count('nonce="n&quot;1"') == 2
    assert page("{% realtime_tags %}", csp_nonce="n2").count('nonce="n2"') == 2


def test_a_room_tag_is_a_token_for_a_room() -> None:
    with suppress():
        order = Order.objects.create(total=1)
    html = page('{% realtime_room_tag order "lines" namespace="shop" expires_in=60 %}', order=order)
    assert html.startswith('<meta name="realtime-room" content="')
    assert html.endswith('data-namespace="/shop">')
    said = claims(html)
    assert said["rooms"] == [f"shop.order:{order.pk}:lines"]
    assert (said["ns"], said["exp"] - said["iat"]) == ("/shop", 60)
    with suppress():
        order.delete()


def test_a_token_tag_names_the_requests_user_and_tells_no_session() -> None:
    user = SimpleNamespace(pk=7, is_authenticated=True, is_anonymous=False)
    session = SimpleNamespace(session_key="very secret")
    request = SimpleNamespace(user=user, session=session)
    said = claims(page("{% realtime_token_tag %}", request=request))
    assert (said["sub"], said["login"]) == ("7", public_login_of("very secret"))
    assert "very secret" not in json.dumps(said)
    nobody = claims(page("{% realtime_token_tag %}", request=SimpleNamespace(user=AnonymousUser())))
    assert "sub" not in nobody


def test_jinja_has_the_same_functions() -> None:
    functions = jinja_globals()
    assert "socket.io.js" in functions["realtime_tags"]("n")
    assert claims(functions["realtime_room_tag"]("news"))["rooms"] == ["news"]
    assert claims(functions["realtime_token_tag"](None))["aud"] == "realtime.connect"


def test_the_header_holds_at_most_eight_ids_of_the_right_form() -> None:
    assert read_header(f"{ONE}, {TWO}") == (ONE, TWO)
    assert read_header(None) == ()
    assert read_header(f"short,{ONE}é,{'c' * 21},{TWO}") == (TWO,)
    assert len(read_header(",".join([ONE] * 20))) == 8


def test_the_page_of_a_request_is_left_out(sent: Outbox) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        realtime.emit("a", except_="current")
        realtime.except_("current", "x").emit("b")
        return HttpResponse()

    request = RequestFactory().get("/", HTTP_X_REALTIME_SOCKET=ONE)
    RealtimeMiddleware(view)(request)
    assert [emit.params["except"] for emit in sent.emits] == [[ONE], [ONE, "x"]]
    assert current_sockets() == ()
    view(request)
    assert "except" not in sent.emits[-2].params


def test_async_views_know_it_too(sent: Outbox) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        await realtime.aemit("a", except_="current")
        return HttpResponse()

    middleware = RealtimeMiddleware(view)
    assert asyncio.iscoroutinefunction(middleware) or hasattr(middleware, "_is_coroutine")
    request = RequestFactory().get("/", HTTP_X_REALTIME_SOCKET=TWO)
    response = asyncio.run(middleware(request))
    assert response.status_code == 200
    assert sent.emits[0].params["except"] == [TWO]
