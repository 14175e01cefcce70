from __future__ import annotations

import contextlib
import os
from pathlib import Path

from realtime_sidecar._cli import find_binary
from support.forked import alone
from support.script import Running
from support.servers import SOURCE


def program(path: Path, content: bytes = b"\x7fELF") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return str(path)


def test_the_bundled_binary_is_first_then_the_named_one_then_path(tmp_path: Path) -> None:
    bundled = tmp_path / "bin" / "realtime"
    script = Path(program(tmp_path / "venv" / "realtime", b"#!/usr/bin/python\n"))
    found = program(tmp_path / "usr" / "realtime")
    path = {"PATH": f"{script.parent}:{tmp_path / 'empty'}:{tmp_path / 'usr'}"}
    assert find_binary({"PATH": str(script.parent)}, bundled) is None
    assert find_binary(path, bundled) == found
    assert find_binary({**path, "REALTIME_BIN": "/named"}, bundled) == "/named"
    program(bundled)
    assert find_binary({**path, "REALTIME_BIN": "/named"}, bundled) == str(bundled)


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Gives the command's exit code, its output and what it said of errors."""
    code = "from realtime_sidecar._cli import main; main()"
    named = {"PYTHONPATH": str(SOURCE), "PATH": "", "REALTIME_BIN": "", **environment}
    command = Running(
        alone(), "-c", code, *arguments, folder=folder, environment={**os.environ, **named}
    )
    with contextlib.closing(command):
        return command.ended()


def test_the_command_becomes_the_binary(tmp_path: Path) -> None:
    binary = program(tmp_path / "realtime", b'#!/bin/sh\necho "$@"\nexit 7\n')
    code, output, _ = run(tmp_path, "serve", "--listen", ":1", REALTIME_BIN=binary)
    assert (code, output) == (7, "serve --listen :1\n")


def test_without_a_binary_it_says_what_to_do(tmp_path: Path) -> None:
    assert "REALTIME_BIN=" in run(tmp_path)[2]
    code, _, errors = run(tmp_path, REALTIME_BIN=str(tmp_path / "absent"))
    assert code == 1
    assert "absent: No such file" in errors
