"""The host of the soak in Python: a server inside, and threads that do with it all that an app may.

soak.rb is the same in Ruby. soak.mjs starts it and says "work" and "rest"; TERM ends it. What it says is
a line of JSON each: listening, rested, sums.
"""

import gc
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from types import FrameType

import realtime_sidecar as realtime
from beside import Beside, greet

# Seconds between two turns of each thread; together some half of a core.
PACE = {
    "emit": 0.02,
    "confirm": 0.05,
    "batch": 0.2,
    "call": 0.1,
    "visit": 0.1,
    "ask": 0.1,
    "beside": 0.5,
    "fork": 1.5,
    "collect": 0.3,
}
KEEPERS = 4
CHILD_TICKS = 20
CHILD_PACE = 0.05  # seconds
STRESS = 0.05  # seconds that nearly each allocation collects


class Sums:
    """What happened, by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.ticks: Counter[str] = Counter()
        self.faults: list[str] = []

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self.counts[name] += count

    def tick(self, source: str) -> int:
        """Gives the next number of a source of ticks."""
        with self._lock:
            self.ticks[source] += 1
            return self.ticks[source]

    def ticked(self, source: str, last: int) -> None:
        with self._lock:
            self.ticks[source] = last

    def fault(self, text: str) -> None:
        with self._lock:
            if text not in self.faults and len(self.faults) < 20:
                self.faults.append(text)


sums = Sums()
signals: Counter[str] = Counter()  # counted in handlers, where there are no locks
later: queue.SimpleQueue[tuple[realtime.Deferred, int]] = queue.SimpleQueue()


def say(word: str, **more: object) -> None:
    print(json.dumps({"say": word, **more}), flush=True)


@realtime.on_connect
def connect(socket, auth):
    sums.add("connects")
    socket.join("all")
    if auth.get("keeper"):
        socket.join("keepers")


@realtime.on_disconnect
def disconnect(_socket, _reason):
    sums.add("disconnects")


@realtime.on("double")
def double(_socket, n):
    sums.add("events")
    return 2 * n


@realtime.on("later")
def answer_later(_socket, n):
    sums.add("events")
    later.put((realtime.defer(), n))


@realtime.on("chain")
def chain(socket, n):
    sums.add("events")
    socket.emit("chained", n)
    return 2 * n


def emit(source: str) -> None:
    realtime.emit("tick", source, sums.tick(source), to="all")


def confirm(source: str) -> None:
    realtime.emit("tick", source, sums.tick(source), to="all", confirm=True)


def batch(source: str) -> None:
    with realtime.batch():
        for _ in range(3):
            emit(source)


class Turns:
    """What the threads do, a turn each."""

    def __init__(self) -> None:
        self.beside_us = Beside()
        self.keepers: list[str] = []

    def call(self, turn: int) -> None:
        result = realtime.call("ask", turn, to="keepers", timeout=30)
        sums.add("calls")
        sums.add("answers", len(result))
        if result.values != [turn + 1] * KEEPERS:
            sums.fault(f"call {turn} was answered {result.values}")

    def visit(self, turn: int) -> None:
        """Into a room, a word there, out of it, and a word that must not be heard."""
        self.keepers = self.keepers or [each.id for each in realtime.sockets(to="keepers")]
        keeper = self.keepers[turn % KEEPERS]
        realtime.join("visit", to=keeper)
        realtime.emit("visit", True, to="visit")
        realtime.leave("visit", to=keeper)
        realtime.emit("visit", False, to="visit")
        sums.add("visits")

    def ask(self, turn: int) -> None:
        questions: list[Callable[[], int]] = [
            lambda: realtime.count(to="keepers"),
            lambda: len(list(realtime.sockets(to="keepers"))),
            lambda: realtime.rooms(to="keepers")["keepers"],
            lambda: KEEPERS if realtime.stats() else 0,
        ]
        answer = questions[turn % len(questions)]()
        sums.add("questions")
        if answer != KEEPERS:
            sums.fault(f"question {turn % len(questions)} was answered {answer}")

    def beside(self, turn: int) -> None:
        sums.add("connections", self.beside_us.live(turn))
        greet(realtime.native_server().open(0)).close()  # one more to the server that everybody uses
        sums.add("connections")
        sums.add("servers")

    def fork(self, turn: int) -> None:
        source = f"child {turn}"
        pid = os.fork()
        if pid == 0:
            child(source, self.beside_us)
        sums.add("forks")
        _, status = os.waitpid(pid, 0)
        if status != 0:
            sums.fault(f"{source}: {status}")
            return
        sums.add("children")
        sums.ticked(source, CHILD_TICKS)

    def collect(self, turn: int) -> None:
        sums.add("collections")
        if turn % 2:
            gc.collect()
            return
        before = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        time.sleep(STRESS)
        gc.set_threshold(*before)


def child(source: str, beside_us: Beside) -> None:
    """Lives as a forked child: it speaks by the socket, as other processes do."""
    try:
        if realtime.native_server() is not None:
            raise RuntimeError("a child has a server")
        if not beside_us.forked():
            raise RuntimeError("the library works in a child")
        for n in range(1, CHILD_TICKS):
            realtime.emit("tick", source, n, to="all")
            time.sleep(CHILD_PACE)
        realtime.emit("tick", source, CHILD_TICKS, to="all", confirm=True)
        realtime.stop()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


class Work:
    """Threads that take turns until they are told to rest."""

    def __init__(self) -> None:
        self.resting = threading.Event()
        turns = Turns()
        self.threads = [
            *(self._thread("emit", lambda _, n=n: emit(f"emit {n}")) for n in (1, 2)),
            *(self._thread("confirm", lambda _, n=n: confirm(f"confirm {n}")) for n in (1, 2)),
            self._thread("batch", lambda _: batch("batch")),
            *(
                self._thread(name, getattr(turns, name))
                for name in ("call", "call", "visit", "ask", "beside", "fork", "collect")
            ),
        ]

    def rest(self) -> None:
        self.resting.set()
        for thread in self.threads:
            thread.join()

    def _thread(self, name: str, work: Callable[[int], None]) -> threading.Thread:
        def turns() -> None:
            turn = 0
            while not self.resting.wait(PACE[name]):
                try:
                    work(turn)
                except Exception:
                    sums.fault(f"{name}: {traceback.format_exc()}")
                turn += 1

        thread = threading.Thread(target=turns, name=name)
        thread.start()
        return thread


def answer_those() -> None:
    while True:
        answer, n = later.get()
        answer(2 * n)


def obey() -> None:
    sys.stdin.readline()
    work = Work()
    sys.stdin.readline()
    work.rest()
    say("rested", ticks=sums.ticks)


over: queue.SimpleQueue[int] = queue.SimpleQueue()


def ended(number: int, frame: FrameType | None) -> None:
    over.put(number)


def counted(number: int, frame: FrameType | None) -> None:
    signals[signal.Signals(number).name.removeprefix("SIG")] += 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, ended)
    realtime.start(native=True, listen="127.0.0.1:0", log_level="warn")
    for each in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD):
        signal.signal(each, counted)
    threading.Thread(target=answer_those, daemon=True).start()
    say("listening", url=realtime.native_server().url)
    threading.Thread(target=obey, daemon=True).start()
    over.get()
    realtime.stop()
    say("sums", signals=signals, faults=sums.faults, **sums.counts)
