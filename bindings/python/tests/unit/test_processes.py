"""Forks, exits and signals, in processes of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.forked import alone
from support.script import Running
from support.servers import SOURCE
from support.sidecar import PATIENCE, Sidecar
from support.waiting import eventually
from support.way import only_over_the_socket

pytestmark = only_over_the_socket(
    "the scripted sidecar is another process here; tests/native has the library's forks and ends"
)
HEAD = """
import os, sys, threading, warnings
import realtime_sidecar as realtime
# From 3.12 on Python warns of every fork of a process that has threads.
warnings.filterwarnings('ignore', '.*fork', DeprecationWarning)
"""


class Program:
    """Python code run in a process of its own, connected to the scripted sidecar."""

    def __init__(self, sidecar: Sidecar, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ, "PYTHONPATH": str(SOURCE), "REALTIME_SOCKET": str(sidecar.path)
        }  # fmt: skip
        self.running: list[Running] = []

    def __call__(self, code: str) -> Running:
        return self.start("-c", HEAD + code)

    def start(self, *arguments: str) -> Running:
        made = Running(alone(), *arguments, folder=self.folder, environment=self.environment)
        self.running.append(made)
        return made


@pytest.fixture
def program(sidecar: Sidecar, tmp_path: Path) -> Iterator[Program]:
    made = Program(sidecar, tmp_path)
    yield made
    for process in made.running:
        process.close()


def ended(process: Running, expected: int = 0) -> str:
    code, output, errors = process.ended()
    assert (code, errors) == (expected, "")
    return output


def test_a_short_script_flushes_at_its_exit(sidecar: Sidecar, program: Program) -> None:
    ended(program("for n in range(500): realtime.emit('e', n)"))
    link = sidecar.link()
    assert link.emits(500) == list(range(500))
    assert link.expect("bye").params == {"reason": "exit"}


def test_a_script_that_fails_flushes_too(sidecar: Sidecar, program: Program) -> None:
    process = program("realtime.emit('e', 1)\nsys.exit(3)")
    ended(process, 3)
    assert sidecar.link().emits(1) == [1]


def test_an_emit_during_exit_is_not_an_error(sidecar: Sidecar, program: Program) -> None:
    code = "import atexit\natexit.register(realtime.emit, 'late', 1)\nrealtime.emit('e', 2)"
    assert program(code).ended()[0] == 0


def test_a_forked_child_has_a_connection_of_its_own(sidecar: Sidecar, program: Program) -> None:
    output = ended(
        program(
            """
realtime.emit('e', 'parent', confirm=True)
child = os.fork()
if child == 0:
    realtime.emit('e', 'child', confirm=True)
    realtime.stop('child done')
    os._exit(0)
os.waitpid(child, 0)
realtime.emit('e', 'parent again', confirm=True)
print(realtime.status().connected)
"""
        )
    )
    assert output == "True\n"
    parent, child = sidecar.link(), sidecar.link()
    assert parent.hello["pid"] != child.hello["pid"]
    assert parent.emits(2) == ["parent", "parent again"]
    assert child.emits(1) == ["child"]
    assert child.expect("bye").params == {"reason": "child done"}
    assert parent.expect("bye").params == {"reason": "exit"}


def test_what_waits_at_a_fork_is_sent_once_by_the_parent(
    sidecar: Sidecar, program: Program
) -> None:
    sidecar.stop()
    process = program(
        """
realtime.configure(retry_delay=0.01, flush_timeout=60)
for n in range(100): realtime.emit('e', n)
child = os.fork()
if child == 0:
    realtime.emit('e', 'child')
    sys.exit(0)
print('forked', flush=True)
os.waitpid(child, 0)
"""
    )
    eventually(lambda: process.output() == "forked\n")
    sidecar.listen()
    assert process.ended()[0] == 0
    links = [sidecar.link(), sidecar.link()]
    got: list[list[Any]] = []
    for link in links:
        assert link.closed.wait(PATIENCE)
        frames = [link.frames.get_nowait() for _ in range(link.frames.qsize())]
        got.append([f.params["args"][0] for f in frames if f and "args" in f.params])  # type: ignore[union-attr]
    assert sorted(got, key=len) == [["child"], list(range(100))]


def test_forking_while_many_threads_emit_never_hangs(sidecar: Sidecar, program: Program) -> None:
    process = program(
        """
over = threading.Event()
def work():
    while not over.wait(0.0001): realtime.emit('e', 'x' * 100)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for _ in range(30):
    child = os.fork()
    if child == 0:
        realtime.emit('e', 'child', confirm=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
over.set()
for thread in threads: thread.join()
"""
    )
    ended(process)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_flush_at_their_exit(
    sidecar: Sidecar, program: Program, method: str
) -> None:
    script = program.folder / "script.py"
    script.write_text(
        f"""
import multiprocessing
import realtime_sidecar as realtime

def work():
    realtime.emit("e", "child")

if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    child = context.Process(target=work)
    child.start()
    child.join()
"""
    )
    ended(program.start(str(script)))
    link = sidecar.link()
    assert link.emits(1) == ["child"]
    assert link.expect("bye").params == {"reason": "exit"}


def test_a_child_of_multiprocessing_flushes_though_its_parent_has_emitted(
    sidecar: Sidecar, program: Program
) -> None:
    # Only what the parent had made was watched at exit.
    ended(
        program(
            """
import multiprocessing
realtime.emit('e', 'parent', confirm=True)
child = multiprocessing.get_context('fork').Process(target=realtime.emit, args=('e', 'child'))
child.start()
child.join()
"""
        )
    )
    parent, child = sidecar.link(), sidecar.link()
    assert parent.emits(1) == ["parent"]
    assert child.emits(1) == ["child"]


HANDLER = """
@realtime.on('slow')
def slow(socket):
    socket.emit('started')
    threading.Event().wait(0.2)
    return 'finished'
"""


@pytest.mark.parametrize(
    ("life", "code"),
    [("realtime.run()", 0), ("realtime.serve()\nthreading.Event().wait()", -signal.SIGTERM)],
)
def test_sigterm_stops_in_order(sidecar: Sidecar, program: Program, life: str, code: int) -> None:
    process = program(HANDLER + life)
    link = sidecar.link()
    asked = link.event("slow")
    link.expect("emit")
    process.process.send_signal(signal.SIGTERM)
    link.expect("drain")
    assert asked.result() == ["finished"]
    link.expect("bye")
    ended(process, code)


def test_sigterm_ends_run_whatever_it_interrupts(sidecar: Sidecar, program: Program) -> None:
    # The handler waited for a lock that the interrupted thread, its own, was holding.
    process = program(
        """
import signal

def interrupt(frame, event, arg):
    if frame.f_code.co_filename == threading.__file__:
        os.kill(os.getpid(), signal.SIGTERM)
        return interrupt

signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.settrace(interrupt)
realtime.run()
"""
    )
    ended(process)


def test_to_serve_after_an_interrupted_stop_is_to_serve(sidecar: Sidecar, program: Program) -> None:
    # It was taken for one that serves already, and no event ever came.
    program(
        """
import signal, time, traceback
started, release = threading.Event(), threading.Event()

def stop_waits():
    frame = sys._current_frames()[threading.main_thread().ident]
    return any(entry.name == 'wait_idle' for entry in traceback.extract_stack(frame))

@realtime.on('slow')
def slow(socket):
    started.set()
    while not stop_waits(): time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
    release.wait(60)

realtime.on('again')(lambda socket: 'served')
realtime.configure(stop_timeout=60)
realtime.serve()
started.wait(60)
try:
    realtime.stop()
except KeyboardInterrupt:
    release.set()
    realtime.serve()
    threading.Event().wait(60)
"""
    )
    sidecar.link().event("slow")
    second = sidecar.link()
    assert second.hello["role"] == "handler"
    assert second.event("again").result() == ["served"]


def test_a_forked_child_of_a_serving_process_is_an_emitter(
    sidecar: Sidecar, program: Program
) -> None:
    ended(
        program(
            """
realtime.serve()
realtime.emit('e', 'parent', confirm=True)
child = os.fork()
if child == 0:
    realtime.emit('e', 'child', confirm=True)
    os._exit(0)
os.waitpid(child, 0)
"""
        )
    )
    roles = [sidecar.link().hello["role"] for _ in range(2)]
    assert roles == ["handler", "emitter"]
