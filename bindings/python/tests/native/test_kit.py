"""The testing kit's server in the test's own process."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest

from realtime_sidecar import Client, NativeError
from realtime_sidecar.testing import RunningSidecar
from support.polling import PollingClient


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A developer's own server has other ideas of who may connect, and where."""
    monkeypatch.setenv("REALTIME_CONNECT", "token")
    monkeypatch.setenv("REALTIME_LISTEN", "127.0.0.1:1")
    monkeypatch.setenv("REALTIME_SOCKET", "/nowhere/at-all.sock")
    return variables()


def variables() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if name.startswith("REALTIME_")}


def test_it_is_as_its_flags_say_and_leaves_nothing(environment: dict[str, str]) -> None:
    client = Client(native=True)
    flags = ("--connect=open", "--origins=https://a.example", "--origins=https://b.example")
    with RunningSidecar(options=flags, serve=False, client=client) as sidecar:
        server = client.process.native_server()
        assert server is not None
        assert (sidecar.url, sidecar.log()) == (server.url, "")
        page = PollingClient(urlsplit(sidecar.url).port or 0)
        client.emit("e", 1)
        assert page.heard("e") == [1]
        assert client.stats()["handlers"] == 0
        console = Client()  # programs of the test find it by the variable
        assert console.count() == 1
        console.process.stop()
        page.close()
    assert client.process.native_server() is None
    assert variables() == environment
    with RunningSidecar(client=client):
        assert client.stats()["handlers"] == 1
    assert client.process.native_server() is None


def test_what_it_refuses_leaves_nothing_either(environment: dict[str, str]) -> None:
    client = Client(native=True)
    with pytest.raises(NativeError, match=r"no_such_option") as caught:
        RunningSidecar(options=("--no-such-option",), client=client).start()
    assert caught.value.code == "config"
    assert client.process.native_server() is None
    assert variables() == environment
