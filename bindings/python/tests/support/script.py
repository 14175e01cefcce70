"""Python code with the server inside, run in a process of its own to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

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


Script = Callable[..., str]


def run_script(
    folder: Path, code: str, *flags: str, code_at_exit: int = 0, **environment: str
) -> str:
    """Gives what it printed, standard error behind the rest; it must end with that code."""
    env = {
        **os.environ,
        "PYTHONPATH": f"{TESTS.parent / 'src'}{os.pathsep}{TESTS}",
        "REALTIME_SOCKET": str(folder / "s"),
        **environment,
    }
    path = folder / "script.py"
    path.write_text(HEAD + code)
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", *flags, str(path)],
        cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert ended.returncode == code_at_exit, ended.stdout + ended.stderr
    if not code_at_exit:
        assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stdout + ended.stderr
