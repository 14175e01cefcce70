"""What is the host's own goes on: signals, its exit, its event loop, the collector."""

from __future__ import annotations

import signal

import pytest

from support.script import Script

LOAD = """
over = threading.Event()
def work():
    page = PollingClient(realtime.native_server().port)
    while not over.is_set(): assert page.call("echo", "x" * 1000) == ["x" * 1000]
    page.close()
threads = [threading.Thread(target=work) for _ in range(3)]
def under_load(): [thread.start() for thread in threads]
def end_of_load(): over.set(), [thread.join() for thread in threads]
"""


def test_handlers_of_signals_run_whenever_they_were_set(script: Script) -> None:
    script(
        LOAD
        + """
import queue
seen = queue.SimpleQueue()
def note(number, frame): seen.put(number)
for number in (signal.SIGUSR1, signal.SIGCHLD): signal.signal(number, note)
start()
later = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)
for number in later: signal.signal(number, note)
under_load()
for _ in range(100):
    for number in (signal.SIGUSR1, signal.SIGCHLD, *later):
        os.kill(os.getpid(), number)
        assert seen.get(timeout=60) == number
end_of_load()
realtime.stop()
assert all(signal.getsignal(number) is note for number in later)
"""
    )


def test_sigterm_stops_in_order_and_ends_the_process(script: Script) -> None:
    output = script(
        """
realtime.on_disconnect(lambda socket, reason: print("told", reason, flush=True))
realtime.on_connect(lambda socket: None)
page = PollingClient(start().port)
assert page.call("echo", 1) == [1]
os.kill(os.getpid(), signal.SIGTERM)
threading.Event().wait(60)
""",
        code_at_exit=-signal.SIGTERM,
    )
    assert output == "told server shutting down\n"


def test_run_with_the_server_inside_ends_at_sigint(script: Script) -> None:
    script(
        """
def interrupt():
    eventually(lambda: realtime.native_server() is not None and realtime.status().connected)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
realtime.run(native=True, listen="127.0.0.1:0", log_level="error")
assert realtime.native_server() is None
"""
    )


def test_a_script_that_ends_stops_its_server_in_order(script: Script) -> None:
    output = script(
        """
realtime.on_disconnect(lambda socket, reason: print("told", reason, flush=True))
realtime.on_connect(lambda socket: None)
PollingClient(start().port)
"""
    )
    assert output == "told server shutting down\n"


@pytest.mark.parametrize("next_call", ["stop", "start"])
def test_ctrl_c_during_a_stop_is_raised_at_once_and_the_next_call_ends_it(
    script: Script, next_call: str
) -> None:
    script(
        """
import _thread
release = threading.Event()
realtime.on_connect(lambda socket: None)
@realtime.on_disconnect
def slow(socket, reason):
    if not release.is_set(): os.kill(os.getpid(), signal.SIGINT)
    release.wait(60)
PollingClient(start().port)
realtime.configure(stop_timeout=60)
try:
    realtime.stop()
    raise AssertionError("it has not waited")
except KeyboardInterrupt:
    assert realtime.native_server() is not None
release.set()
"""
        + {
            "stop": "realtime.stop()\nassert realtime.native_server() is None",
            "start": "assert PollingClient(start().port).call('echo', 1) == [1]",
        }[next_call]
    )


def test_a_fault_of_the_host_is_still_told_by_faulthandler(script: Script) -> None:
    output = script(
        "import faulthandler\nfaulthandler.enable()\nstart()\nfaulthandler._sigsegv()",
        code_at_exit=-signal.SIGSEGV,
    )
    assert "Fatal Python error: Segmentation fault" in output


def test_an_event_loop_keeps_its_descriptors_and_signals(script: Script) -> None:
    script(
        """
import asyncio

@realtime.on("aecho")
async def aecho(socket, *args):
    await asyncio.sleep(0)
    return realtime.ack(*args)

async def main():
    loop = asyncio.get_running_loop()
    server = start()
    told, readable = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    reads, writes = os.pipe()
    loop.add_reader(reads, readable.set)
    page = await asyncio.to_thread(PollingClient, server.port)
    assert await asyncio.to_thread(page.call, "aecho", 1, 2) == [1, 2]
    assert await realtime.acount() == 1
    await realtime.aemit("e", confirm=True)
    os.write(writes, b"x")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(asyncio.gather(told.wait(), readable.wait()), 60)
    loop.remove_reader(reads)
    await asyncio.to_thread(realtime.stop)
    page._thread.join(60)
    for end in (reads, writes): os.close(end)

asyncio.run(main())
"""
    )


def test_the_collector_may_run_at_any_moment(script: Script) -> None:
    script(
        LOAD
        + """
import gc
gc.set_threshold(1, 1, 1)
for _ in range(2):
    server = start()
    threads = [threading.Thread(target=work) for _ in range(2)]
    over.clear()
    under_load()
    for number in range(20):
        realtime.emit("e", number, confirm=True)
        gc.collect()
    end_of_load()
    realtime.stop()
    del server
"""
    )


def test_nothing_is_left_after_some_starts(script: Script) -> None:
    script(
        """
def count(): return len(os.listdir("/dev/fd")), threading.active_count()
start()
realtime.stop()
before = count()
for _ in range(5):
    start()
    assert realtime.count() == 0
    realtime.stop()
assert count() == before, (before, count())
"""
    )
