"""Starts Python's processes of a crew by forking, so that what all of them load is loaded once.

nursery.rb is the same in Ruby, and says how it is talked to.
"""

import json
import os
import runpy
import signal
import sys

# Not all of gunicorn: what runs in a process that has its arbiter takes that for its master.
import gunicorn.workers.gthread  # noqa: F401 - what is wanted of both is that they are loaded

import realtime_sidecar  # noqa: F401

WAYS = {
    "gunicorn": lambda arguments: runpy.run_module("gunicorn", run_name="__main__"),
    "python": lambda arguments: runpy.run_path(arguments[0], run_name="__main__"),
}
CHILD = {signal.SIGCHLD}

living = set()


def say(**line):
    os.write(1, f"{json.dumps(line)}\n".encode())


def bear(id, home, env, line):
    # Nobody is buried who is not told to be born yet.
    signal.pthread_sigmask(signal.SIG_BLOCK, CHILD)
    pid = os.fork()
    if pid == 0:
        live(home, env, line)
        sys.exit()
    living.add(pid)
    say(born=pid, id=id)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, CHILD)


def live(home, env, line):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, CHILD)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    os.chdir(home)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = line
    WAYS[line[0]](line[1:])


def bury(number, frame):
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        living.remove(pid)
        killed = os.WIFSIGNALED(status)
        name = signal.Signals(os.WTERMSIG(status)).name if killed else None
        say(gone=pid, code=None if killed else os.WEXITSTATUS(status), signal=name)


signal.signal(signal.SIGCHLD, bury)
for order in sys.stdin:
    bear(**json.loads(order))
for pid in list(living):
    os.kill(pid, signal.SIGKILL)
