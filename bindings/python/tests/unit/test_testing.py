from __future__ import annotations

import realtime_sidecar as realtime
from realtime_sidecar.testing import outbox


def test_the_outbox_holds_what_was_emitted_and_nothing_connects() -> None:
    with outbox() as sent:
        realtime.emit("order.paid", {"id": (1, 2)}, to="orders")
        realtime.to_user(7).emit("note", b"x")
        with realtime.batch():
            realtime.emit("a", namespace="/admin")
        assert realtime.emit("sure", confirm=True)
        realtime.join("vip", users=7)
        sent.answers["count"] = {"count": 3}
        assert realtime.count() == 3
        assert realtime.call("x").acks == []
        assert list(realtime.sockets()) == []
        assert realtime.rooms() == {}
    assert [emit.event for emit in sent.emits] == ["order.paid", "note", "a", "sure"]
    assert sent.emitted("order.paid", {"id": [1, 2]}, to="orders")
    assert not sent.emitted("order.paid", to="others")
    assert not sent.emitted("order.paid", users=None)
    assert sent.emitted("note", b"x", users=7)
    assert sent.emitted("a", namespace="/admin")
    assert sent.requests[0] == ("join", {"namespace": "/", "users": ["7"], "rooms": ["vip"]})
    sent.clear()
    assert sent.emits == []
    assert not realtime.status().connected
