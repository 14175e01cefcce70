"""Children of a process that has the server inside: they use the socket, and live on without."""

from __future__ import annotations

import pytest

from support.script import Script


def test_a_child_lives_on_while_the_parent_stops_and_starts(script: Script) -> None:
    script(
        """
server = start()
page = PollingClient(server.port)
waits, over = os.pipe()
child = os.fork()
if child == 0:
    assert realtime.native_server() is None
    realtime.emit("from the child", os.getpid(), confirm=True)
    assert not realtime.status().native
    server.stop(1.0)  # the parent's: nothing happens
    server.free()
    try:
        server.open(1.0)
    except NativeError as error:
        assert error.code == "forked", error
    try:
        start()
    except NativeError as error:
        realtime.emit("refused", error.code, confirm=True)
    realtime.stop("child")
    os.close(over)
    os.read(waits, 1)
    os._exit(0)
assert page.heard("from the child") == [child]
assert page.heard("refused") == ["forked"]
realtime.stop()
page._thread.join(30)
assert page._ended, "the child's copies keep the client's connection open"
assert start(listen=f"127.0.0.1:{server.port}").port == server.port
assert PollingClient(server.port).call("echo", 1) == [1]
os.close(over)
assert os.waitpid(child, 0)[1] == 0
"""
    )


def test_a_child_that_serves_by_a_setting_uses_the_socket_and_says_why(script: Script) -> None:
    output = script(
        """
realtime.serve()
page = PollingClient(realtime.native_server().port)
child = os.fork()
if child == 0:
    realtime.serve()
    realtime.emit("over", realtime.native_server(), confirm=True)
    realtime.stop()
    os._exit(0)
assert page.heard("over") == [None]
assert os.waitpid(child, 0)[1] == 0
""",
        REALTIME_NATIVE="1",
        REALTIME_LISTEN="127.0.0.1:0",
    )
    assert "no server inside: this process was forked" in output
    assert "run the sidecar as a process of its own" in output


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_multiprocessing_emit_over_the_socket(script: Script, method: str) -> None:
    script(
        f"""
import multiprocessing

def work():
    realtime.emit("hello", realtime.native_server())

if __name__ == "__main__":
    realtime.serve()
    page = PollingClient(realtime.native_server().port)
    child = multiprocessing.get_context({method!r}).Process(target=work)
    child.start()
    assert page.heard("hello") == [None]
    child.join()
    assert child.exitcode == 0
""",
        REALTIME_NATIVE="1",
        REALTIME_LISTEN="127.0.0.1:0",
    )


def test_forks_under_load_never_hang(script: Script) -> None:
    script(
        """
page = PollingClient(start().port)
over = threading.Event()
def work():
    while not over.is_set(): assert page.call("echo", "x" * 100) == ["x" * 100]
def emit():
    while not over.wait(0.0005): realtime.emit("e", "y" * 100)
threads = [threading.Thread(target=work), threading.Thread(target=emit)]
for thread in threads: thread.start()
for _ in range(15):
    child = os.fork()
    if child == 0:
        realtime.emit("child", confirm=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
over.set()
for thread in threads: thread.join()
assert sum(event == "child" for event, _ in page.events) == 15 or page.heard("child") == []
"""
    )
