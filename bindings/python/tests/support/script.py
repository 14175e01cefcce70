"""Python code run in a process of its own, which has loaded what is neither its own nor ours."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from support.forked import Loader, alone
from support.sidecar import PATIENCE

TESTS = Path(__file__).parents[1]
HEAD = """
import os, signal, sys, threading, time, warnings
import realtime_sidecar as realtime
from realtime_sidecar import NativeError
from support.polling import PollingClient
from support.waiting import eventually

# From 3.12 on Python warns of every fork of a process that has threads.
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)

@realtime.on("echo")
def echo(socket, *args):
    return realtime.ack(*args)

def start(**options):
    options = {"listen": "127.0.0.1:0", "log_level": "error", "connect": "open", **options}
    realtime.start(native=True, **options)
    return realtime.native_server()
"""


class Running:
    """`python` with these arguments, and what it prints."""

    def __init__(
        self, loader: Loader, *arguments: str, folder: Path, environment: dict[str, str]
    ) -> None:
        with contextlib.ExitStack() as files:
            nothing = files.enter_context(open(os.devnull))
            outputs = [files.enter_context(tempfile.TemporaryFile()) for _ in range(2)]
            self._output, self._errors = (os.dup(each.fileno()) for each in outputs)
            self.process = loader.fork(
                *arguments, folder=folder, environment=environment,
                streams=(nothing.fileno(), self._output, self._errors),
            )  # fmt: skip

    def ended(self) -> tuple[int, str, str]:
        """Waits for its end; gives its exit code, its output and what it said of errors."""
        code = self.process.wait(PATIENCE)
        return code, self.output(), self._read(self._errors)

    def output(self) -> str:
        """Gives its output so far."""
        return self._read(self._output)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
        os.close(self._output)
        os.close(self._errors)

    @staticmethod
    def _read(descriptor: int) -> str:
        return os.pread(descriptor, 1 << 20, 0).decode(errors="replace")


Script = Callable[..., str]


def run_script(folder: Path, code: str, code_at_exit: int = 0, **environment: str) -> str:
    """Gives what it printed, standard error behind the rest; it must end with that code."""
    env = {
        **os.environ,
        "PYTHONPATH": f"{TESTS.parent / 'src'}{os.pathsep}{TESTS}",
        "REALTIME_SOCKET": str(folder / "s"),
        **environment,
    }
    path = folder / "script.py"
    path.write_text(HEAD + code)
    with contextlib.closing(Running(alone(), str(path), folder=folder, environment=env)) as running:
        ended, output, errors = running.ended()
    assert ended == code_at_exit, output + errors
    if not code_at_exit:
        assert "Traceback" not in errors, errors
    return output + errors
