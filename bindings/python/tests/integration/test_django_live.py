"""Commits, logins and tokens over the built sidecar, with the test case that apps use."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.django_site import set_up
from support.polling import PollingClient
from support.way import LIBRARY

set_up()

from django.contrib.auth.models import User  # noqa: E402
from django.db import transaction  # noqa: E402
from shop.models import Order  # type: ignore[import-not-found]  # noqa: E402

import realtime_sidecar as realtime  # noqa: E402
from realtime_sidecar.django import room_token, token, user  # noqa: E402
from realtime_sidecar.testing import RealtimeLiveServerTestCase, RunningSidecar  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def way() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if LIBRARY:
            patch.setenv("REALTIME_NATIVE", "1")
            realtime.configure()  # looks again
        yield
    realtime.configure()


class LiveCase(RealtimeLiveServerTestCase):
    """Clients and requests of one page, by the sidecar's port."""

    def client_of(self, auth: Any = None, cookie: str | None = None) -> PollingClient:
        port = urlsplit(self.realtime_url).port
        assert port is not None
        made = PollingClient(port, auth, {"cookie": cookie} if cookie else {})
        self.addCleanup(made.close)
        return made

    def get(self, path: str, cookie: str | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(urlsplit(self.realtime_url).netloc, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"cookie": cookie} if cookie else {})
        response = connection.getresponse()
        response.read()
        return response

    def sign_in(self, name: str) -> str:
        header = self.get(f"/sign-in/{name}").headers["Set-Cookie"]
        cookie = re.search(r"sessionid=\w+", header)
        assert cookie is not None
        return cookie[0]


def ended(client: PollingClient) -> None:
    """Waits until the client's transport is closed."""
    client._thread.join(10)
    assert client._ended is not None


class TestLive(LiveCase):
    def test_commits_and_rollbacks(self) -> None:
        client = self.client_of()
        with contextlib.suppress(ArithmeticError), transaction.atomic():
            realtime.emit("never", to="orders")
            raise ArithmeticError
        with transaction.atomic():
            for number in range(5):
                realtime.emit("n", number, to="orders")
            realtime.leave("orders", to=client.id)
            realtime.emit("not for you", to="orders")
            realtime.emit("n", 5, to=client.id)
            order = Order.objects.create(total=1)
            realtime.emit("end", order.pk)
            assert not client.events
        client.heard("end")
        assert client.events == [("n", [number]) for number in range(6)]

    def test_logging_out_ends_the_sockets_of_that_session_alone(self) -> None:
        first, second = self.sign_in("ann"), self.sign_in("ann")
        here, there = self.client_of(cookie=first), self.client_of(cookie=second)
        assert here.call("who")[0]["name"] == "ann"
        self.get("/sign-out", first)
        ended(here)
        assert self.client_of(cookie=first).call("who") == [{"name": "", "session": None}]
        assert there.call("who")[0]["name"] == "ann"

    def test_another_password_and_a_word_of_the_app_end_all_of_a_users_sockets(self) -> None:
        cookie = self.sign_in("bob")
        bob = User.objects.get(username="bob")
        clients = [self.client_of(cookie=cookie), self.client_of({"token": token(bob)})]
        other = self.client_of()
        bob.set_password("new")
        bob.save()
        for client in clients:
            ended(client)
        again = self.client_of({"token": token(bob)})
        assert again.call("who")[0]["name"] == "bob"
        user(bob).disconnect()
        ended(again)
        assert other.call("who")[0]["name"] == ""

    def test_a_token_names_the_user_and_a_room_token_the_rooms(self) -> None:
        ann = User.objects.create(username="ann")
        order = Order.objects.create(total=1)
        auth = {"token": token(ann, rooms=["vip"]), "room_tokens": [room_token(order, "lines")]}
        client = self.client_of(auth)
        assert client.call("who")[0]["name"] == "ann"
        (found,) = realtime.sockets(users=ann)
        assert set(found.rooms) >= {"vip", f"shop.order:{order.pk}:lines", "orders"}
        realtime.emit("line", 1, to=realtime_room(order))
        assert client.heard("line") == [1]

    def test_nobody_enters_rooms_by_a_token_of_somebody_else(self) -> None:
        stranger = realtime.Client(secret="another secret")
        refused = self.client_of({"room_tokens": [stranger.room_token("vip")]})
        assert refused.connected["data"] == {"code": "room_token_invalid"}


class TestTokensAlone(LiveCase):
    realtime_options = ("--connect=token",)

    def test_a_token_lets_in_and_nothing_else_does(self) -> None:
        ann = User.objects.create(username="ann")
        client = self.client_of({"token": token(ann, data={"plan": "free"})})
        (found,) = realtime.sockets(users=ann)
        assert (found.id, found.data) == (client.id, {"plan": "free"})
        refused = self.client_of()
        assert refused.connected["data"] == {"code": "token_required"}
        wrong = self.client_of({"token": "a.b.c"})
        assert wrong.connected["data"] == {"code": "token_invalid"}


def realtime_room(order: Any) -> str:
    return f"shop.order:{order.pk}:lines"


def test_the_sidecar_of_a_test_leaves_the_process_as_it_was(
    realtime_server: RunningSidecar,
) -> None:
    client = PollingClient(urlsplit(realtime_server.url).port or 0)
    realtime.emit("a", json.dumps({}))
    assert client.heard("a") == ["{}"]
    client.close()
    realtime_server.stop()
    process = realtime.default_client.process
    assert process.stand_in() is not None
    assert process._connection is None


def test_the_sidecar_of_a_test_is_used_whatever_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REALTIME_SOCKET", "/nowhere/at-all.sock")
    with RunningSidecar() as sidecar:
        assert (realtime.native_server() is not None) == LIBRARY
        client = PollingClient(urlsplit(sidecar.url).port or 0)
        realtime.emit("b", 1)
        assert client.heard("b") == [1]
        client.close()
    assert os.environ["REALTIME_SOCKET"] == "/nowhere/at-all.sock"
