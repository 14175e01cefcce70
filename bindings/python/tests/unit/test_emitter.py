"""What goes over the socket for each thing an app can say."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_sidecar import BlockingCallError, Client, EncodeError, RequestError
from support.sidecar import Sidecar


def sent(sidecar: Sidecar, method: str = "emit") -> dict[str, Any]:
    if not hasattr(sidecar, "only_link"):
        sidecar.only_link = sidecar.link()  # type: ignore[attr-defined]
    params = dict(sidecar.only_link.expect(method).params)  # type: ignore[attr-defined]
    assert params.pop("namespace", "/") == "/"
    return params


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, {}),
        ({"to": "a"}, {"to": ["a"]}),
        ({"to": ["a", "b"]}, {"to": ["a", "b"]}),
        ({"to": None}, {"to": []}),
        ({"to": []}, {"to": []}),
        ({"users": 7}, {"users": ["7"]}),
        ({"users": None}, {"users": []}),
        ({"except_": "a", "except_users": ["x"]}, {"except": ["a"], "except_users": ["x"]}),
        ({"volatile": True}, {"volatile": True}),
        ({"local": True}, {"local": True}),
    ],
)
def test_emit_says_who_is_meant(
    sidecar: Sidecar, client: Client, keywords: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert client.emit("e", 1, **keywords) is None
    assert sent(sidecar) == {"event": "e", "args": [1], **expected}


def test_chains_say_the_same(sidecar: Sidecar, client: Client) -> None:
    client.to("a", ["b"]).to("c").except_("x").to_user(1).except_user(2).volatile.local.emit("e")
    assert sent(sidecar) == {
        "event": "e", "args": [], "to": ["a", "b", "c"], "users": ["1"], "except": ["x"],
        "except_users": ["2"], "volatile": True, "local": True,
    }  # fmt: skip
    client.to().emit("e")
    assert sent(sidecar)["to"] == []
    client.of("admin").in_("a").send("hi")
    frame = sidecar.only_link.expect("emit")  # type: ignore[attr-defined]
    assert frame.params == {
        "namespace": "/admin", "to": ["a"], "event": "message", "args": ["hi"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("keywords", "name"),
    [
        ({"room": "a"}, "room"),
        ({"to": 7}, "to"),
        ({"to": b"a"}, "to"),
        ({"to": [7]}, "to"),
        ({"users": 1.5}, "users"),
        ({"users": True}, "users"),
        ({"namespace": 5}, "namespace"),
    ],
)
def test_a_wrong_argument_raises_and_is_named(
    client: Client, keywords: dict[str, Any], name: str
) -> None:
    with pytest.raises(TypeError, match=name):
        client.emit("e", **keywords)


def test_a_value_without_a_form_raises_where_it_is_passed(client: Client) -> None:
    with pytest.raises(EncodeError, match="object"):
        client.emit("e", object())
    with pytest.raises(TypeError, match="name"):
        client.emit("")


def test_values_are_those_at_the_moment_of_the_call(sidecar: Sidecar, client: Client) -> None:
    order = {"paid": False}
    client.emit("e", order)
    order["paid"] = True
    assert sent(sidecar)["args"] == [{"paid": False}]


def test_confirm_waits_for_the_sidecar(sidecar: Sidecar, client: Client) -> None:
    id = client.emit("e", confirm=True)
    assert id
    assert sent(sidecar)["id"] == id
    sidecar.answers["emit"] = lambda _: ({"code": "invalid_namespace", "message": "no"}, None)
    with pytest.raises(RequestError, match="invalid_namespace: no") as caught:
        client.emit("e", namespace="/a,b", confirm=True)
    assert caught.value.code == "invalid_namespace"


def test_a_batch_is_one_frame_in_order(sidecar: Sidecar, client: Client) -> None:
    with client.batch():
        client.emit("a", 1, to="x")
        with client.batch():
            client.to("y").emit("b", 2)
    client.emit("c")
    assert sent(sidecar, "batch")["emits"] == [
        {"namespace": "/", "to": ["x"], "event": "a", "args": [1]},
        {"namespace": "/", "to": ["y"], "event": "b", "args": [2]},
    ]
    assert sent(sidecar)["event"] == "c"


def test_a_batch_that_raises_sends_nothing(sidecar: Sidecar, client: Client) -> None:
    def work() -> None:
        with client.batch():
            client.emit("a")
            raise LookupError

    with pytest.raises(LookupError):
        work()
    with client.batch(confirm=True):
        client.emit("b")
        with pytest.raises(TypeError, match="confirm the batch"):
            client.emit("c", confirm=True)
    assert [emit["event"] for emit in sent(sidecar, "batch")["emits"]] == ["b"]


def test_call_gives_the_acks(sidecar: Sidecar, client: Client) -> None:
    acks = [["s1", ["yes", 2]], ["s2", []], ["s4", ["no"]]]
    answer = {"acks": acks, "expected": 4, "gone": ["s3"], "timed_out": False}
    sidecar.answers["call"] = lambda _: (None, answer)
    result = client.to("a").call("ready?", 1, timeout=2)
    assert sent(sidecar, "call") == {
        "to": ["a"], "event": "ready?", "args": [1], "timeout": 2000
    }  # fmt: skip
    assert (result.values, result.value) == ([["yes", 2], None, "no"], ["yes", 2])
    assert (result.gone, result.expected, result.timed_out, len(result)) == (["s3"], 4, False, 3)
    with pytest.raises(ValueError, match="timeout"):
        client.call("x", timeout=0)


def test_join_leave_and_disconnect_name_whom(sidecar: Sidecar, client: Client) -> None:
    client.join("vip", "x", users=7)
    assert sent(sidecar, "join") == {"users": ["7"], "rooms": ["vip", "x"]}
    client.to("a").leave("vip")
    assert sent(sidecar, "leave") == {"to": ["a"], "rooms": ["vip"]}
    client.disconnect(to="a", close=True)
    assert sent(sidecar, "disconnect") == {"to": ["a"], "close": True}
    client.disconnect(all_=True)
    assert sent(sidecar, "disconnect") == {"all": True}
    with pytest.raises(TypeError, match="whom"):
        client.disconnect()
    with pytest.raises(TypeError, match="whom"):
        client.of("/a").join("x")
    with pytest.raises(TypeError, match="room must be text"):
        client.join(7, to="a")  # type: ignore[arg-type]


def test_join_confirmed_counts(sidecar: Sidecar, client: Client) -> None:
    sidecar.answers["join"] = lambda _: (None, {"count": 2})
    assert client.join("vip", to="a", confirm=True) == 2


def test_sockets_rooms_count_stats(sidecar: Sidecar, client: Client) -> None:
    info = {
        "id": "s1", "namespace": "/", "rooms": ["a"], "user": "7", "data": {"n": 1},
        "address": "1.2.3.4", "secure": True, "transport": "polling", "dialect": "EIO4",
        "connected_at": 5,
    }  # fmt: skip
    page = {"sockets": [info], "next": "s1", "unanswered": ["n2"]}
    sidecar.answers["sockets"] = lambda _: (None, page)
    sidecar.answers["rooms"] = lambda _: (None, {"rooms": {"a": 1}})
    sidecar.answers["count"] = lambda _: (None, {"count": 4})
    sidecar.answers["stats"] = lambda _: (None, {"clients": 9})
    got = client.sockets(to="a", limit=1)
    assert ([s.user for s in got], got.next, got.unanswered) == (["7"], "s1", ["n2"])
    assert sent(sidecar, "sockets") == {"to": ["a"], "limit": 1}
    assert client.rooms() == {"a": 1}
    assert client.to("a").count() == 4
    assert client.stats() == {"clients": 9}


def test_set_and_server_emit(sidecar: Sidecar, client: Client) -> None:
    client.set("s1", data={"a": 1}, user=None)
    assert sent(sidecar, "set") == {"socket": "s1", "data": {"a": 1}, "user": None}
    with pytest.raises(TypeError, match="data, user"):
        client.set("s1")
    client.server_emit("clear", "products")
    assert sent(sidecar, "server_emit") == {"event": "clear", "args": ["products"]}


async def waits_in_a_loop(client: Client) -> None:
    client.count()


def test_waiting_on_a_thread_with_an_event_loop_is_refused(client: Client) -> None:
    import asyncio

    with pytest.raises(BlockingCallError, match="'a' in front"):
        asyncio.run(waits_in_a_loop(client))
