"""The kit for an app's own tests, used as an app would."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from support.django_site import set_up

set_up()

from django.contrib.auth.models import User  # noqa: E402
from django.core import mail  # noqa: E402
from django.test import TestCase  # noqa: E402
from shop.models import Order  # type: ignore[import-not-found]  # noqa: E402

import realtime_sidecar as realtime  # noqa: E402
from realtime_sidecar import Client, RealtimeError  # noqa: E402
from realtime_sidecar.django.handlers import surroundings  # noqa: E402
from realtime_sidecar.testing import (  # noqa: E402
    HandlerClient,
    Outbox,
    RealtimeTestMixin,
    Refused,
    automatic_outbox,
)


@pytest.fixture
def app() -> Client:
    """Handlers of their own, in Django's surroundings."""
    client = Client(encoder=realtime.default_client.process.config.encoder)
    client.process.surround(surroundings())
    return client


class AssertionsTest(RealtimeTestMixin, TestCase):
    def test_what_was_emitted(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            order = Order.objects.create(total=3)
        found = self.assertEmitted("order.created", {"id": order.pk, "total": 3}, count=1)
        assert found[0].to == ["orders", f"shop.order:{order.pk}"]
        self.assertEmitted("order.created", to=["orders", order])
        self.assertNotEmitted("order.created", to="orders")
        self.assertNotEmitted("order.deleted")

    def test_messages_list_what_there_is(self) -> None:
        realtime.emit("a", 1, to="x", now=True)
        with pytest.raises(
            AssertionError, match=r"'b' should .*at least once[^$]*'a', 1, to=\['x'"
        ):
            self.assertEmitted("b")
        with pytest.raises(AssertionError, match="2 times to match, and was 1 times"):
            self.assertEmitted("a", count=2)
        with pytest.raises(AssertionError, match="nothing should have been emitted"):
            self.assertNotEmitted()

    def test_every_test_has_its_own(self) -> None:
        self.assertNotEmitted()
        with pytest.raises(AssertionError, match="open transaction"):
            self.assertEmitted("a")


def test_nothing_connects_while_tests_run() -> None:
    realtime.emit("automatic")
    assert automatic_outbox(mail.outbox).emitted("automatic")
    mail.outbox = []  # what each of Django's test cases does
    assert not automatic_outbox(mail.outbox).emits
    realtime.default_client.process.serve()
    assert realtime.default_client.process._connection is None


def test_a_signed_in_client_speaks_with_handlers(app: Client) -> None:
    router = app.process.router

    @router.on_connect(namespace="/chat")
    def connect(ctx: Any, auth: Any) -> None:
        if not ctx.user.is_authenticated:
            app.reject("sign in", {"code": 401})
        ctx.join("lobby")
        ctx.data = {"seen": 0}

    @router.on("message", namespace="/chat")
    def message(ctx: Any, text: str) -> Any:
        app.emit("heard", ctx.user.get_username(), text, namespace="/chat")
        return {"text": text.upper()}

    @router.on("amessage", namespace="/chat")
    async def amessage(ctx: Any, *args: Any) -> Any:
        user = await ctx.auser()
        return realtime.ack(user.get_username(), *args)

    @router.on("bad", namespace="/chat")
    def bad(ctx: Any) -> None:
        raise KeyError("lost")

    ann = User.objects.create(username="ann")
    sent = Outbox(app)
    app.process.replace_link(sent)
    try:
        with pytest.raises(Refused, match="sign in") as refused:
            HandlerClient("chat", client=app).connect()
        assert refused.value.data == {"code": 401}
        chatter = HandlerClient("/chat", user=ann, client=app).connect()
        assert (chatter.rooms, chatter.user, chatter.data) == (["lobby"], str(ann.pk), {"seen": 0})
        assert chatter.emit("message", "hi") == {"text": "HI"}
        assert sent.emitted("heard", "ann", "hi", namespace="/chat")
        assert chatter.emit("amessage", 1, 2) == ["ann", 1, 2]
        assert chatter.emit("nobody listens") is None
        with pytest.raises(RealtimeError, match="KeyError") as failed:
            chatter.emit("bad")
        assert isinstance(failed.value.__cause__, KeyError)

        async def asked() -> list[Any]:
            other = await HandlerClient("/chat", user=ann, client=app).aconnect()
            answers = [await other.aemit("message", "yo"), await other.aemit("amessage", 3)]
            await other.adisconnect()
            return answers

        assert asyncio.run(asked()) == [{"text": "YO"}, ["ann", 3]]
        chatter.disconnect()
        assert not chatter.connected
    finally:
        ann.delete()


def test_without_a_framework_handlers_are_asked_the_same_way() -> None:
    plain = Client()

    @plain.process.router.on("double")
    async def double(socket: realtime.Socket, number: int) -> int:
        return number * 2

    @plain.process.router.on("who")
    def who(socket: realtime.Socket) -> Any:
        return [socket.user, socket.namespace]

    with HandlerClient(user=7, client=plain) as client:
        assert client.emit("double", 21) == 42
        assert client.emit("who") == ["7", "/"]


def test_a_client_of_any_generation_in_a_namespace_that_a_pattern_means(app: Client) -> None:
    router = app.process.router
    room = re.compile(r"/room-(?P<id>\d+)")
    heard: list[Any] = []

    @router.on_connect(namespace=room)
    async def connect(ctx: Any) -> None:
        ctx.data = [ctx.dialect, ctx.transport, ctx.recovered, ctx.namespace_match["id"]]

    @router.on("client", namespace=room)
    def client(ctx: Any) -> Any:
        return realtime.ack(ctx.dialect, ctx.transport, ctx.data, ctx.namespace_match["id"])

    router.on_any(namespace="/room-*")(lambda ctx, event: heard.append(ctx.namespace_match[1]))
    old = HandlerClient(
        "/room-7", client=app, dialect="V09", transport="htmlfile", recovered=True
    ).connect()
    known = ["V09", "htmlfile", True, "7"]
    assert (old.data, old.emit("client")) == (known, ["V09", "htmlfile", known, "7"])
    assert heard == ["7"]


@pytest.mark.parametrize("time", [1, 2])
def test_each_test_begins_with_nothing_emitted(time: int) -> None:
    assert not automatic_outbox(mail.outbox).emits
    realtime.emit("a", time)
    assert automatic_outbox(mail.outbox).emitted("a", time)


def test_the_fixture_takes_emits(realtime_outbox: Outbox) -> None:
    realtime.emit("a")
    assert realtime_outbox.emitted("a")
