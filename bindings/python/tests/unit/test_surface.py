"""The public surface, as a snapshot: a name that comes or goes is a decision."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import realtime_sidecar

FUNCTIONS = """
acall ack acount adisconnect aemit aemit_with_ack ajoin aleave arooms aserver_emit aset asockets
astats batch call compress configure count defer disconnect emit emit_with_ack except_ except_user
in_ join leave native_server of on on_any on_connect on_disconnect on_reset on_server_event reject
room_token rooms run send serve
server_emit set sockets start stats status stop to to_user token
"""


def test_the_functions() -> None:
    public = [name for name in realtime_sidecar.__all__ if name[0].islower()]
    functions = [name for name in public if callable(getattr(realtime_sidecar, name))]
    assert sorted(functions) == FUNCTIONS.split()
    assert sorted(set(public) - set(functions)) == ["default_client", "local", "volatile"]


def test_every_function_is_documented() -> None:
    for name in FUNCTIONS.split():
        assert inspect.getdoc(getattr(realtime_sidecar, name)), name


def test_importing_starts_nothing_and_needs_no_framework() -> None:
    code = """
import sys, threading
import realtime_sidecar
assert threading.active_count() == 1
assert not {"django", "asgiref", "multiprocessing", "ctypes"} & set(sys.modules), sys.modules
"""
    source = str(Path(__file__).parents[2] / "src")
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": source}, check=True)
