"""A program of its own: it loads modules once; each Python program of the tests is a fork of it.

What it loads is neither ours nor the app's: Django, Celery, the standard library. Their import is
most of what a small program of Python computes. Everything else a program does itself, as if it
had been started by `exec`: it has its own arguments, environment, path, session and `__main__`,
and ends as an interpreter does.

Standard input is the socket of `forked.Loader`: each byte brings a program's three standard
streams and a socket on which it is described, and over which its id and exit code are told.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import socket
import sys
import types
from typing import Any


def main() -> None:
    """Forks until nobody asks any more; returns in the fork too, as the program's whole life."""
    del sys.path[0]  # the folder of this file
    for name in sys.argv[1:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is loaded stays: the collector of a fork need not look at it
    asks = socket.socket(fileno=os.dup(0))
    keepers: set[int] = set()
    while True:
        asked, descriptors, _, _ = socket.recv_fds(asks, 1, 4)
        keepers -= {keeper for keeper in keepers if os.waitpid(keeper, os.WNOHANG)[0]}
        if not asked:
            return
        keeper = os.fork()
        if keeper == 0:
            asks.close()
            program = keep(descriptors)
            run(program["arguments"], program["path"])
            return
        keepers.add(keeper)
        for descriptor in descriptors:
            os.close(descriptor)


def keep(descriptors: list[int]) -> dict[str, Any]:
    """Stays behind as the program's parent, which tells its exit code; returns in the program."""
    *streams, told = descriptors
    teller = socket.socket(fileno=told)
    with teller.makefile("rb") as text:
        program: dict[str, Any] = json.load(text)
    pid = os.fork()
    if pid:
        for stream in (0, 1, 2, *streams):
            os.close(stream)
        status = os.waitpid(pid, 0)[1]
        teller.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(program["folder"])
    os.environ.clear()
    os.environ.update(program["environment"])
    teller.sendall(b"%d\n" % os.getpid())
    teller.close()
    return program


def run(arguments: list[str], path: list[str]) -> None:
    """Does what `python` does with these arguments: `-m module`, `-c code`, or a file."""
    first, *rest = arguments
    own = os.path.dirname(os.path.abspath(first))
    sys.path[:0] = [{"-m": os.getcwd(), "-c": ""}.get(first, own), *path]
    importlib.invalidate_caches()
    if first == "-m":
        sys.argv[:] = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        return
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    if first == "-c":
        sys.argv[:] = ["-c", *rest[1:]]
        code = compile(rest[0], "<string>", "exec", dont_inherit=True)
    else:
        sys.argv[:] = arguments
        module.__file__ = first
        with open(first, "rb") as file:
            code = compile(file.read(), first, "exec", dont_inherit=True)
    exec(code, module.__dict__)


if __name__ == "__main__":
    main()
