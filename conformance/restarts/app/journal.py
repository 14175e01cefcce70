"""What the app did, one fact a line, for whoever counts it afterwards.

Each line is one write to a file opened for appending, so that lines of many processes do not mix,
stand in the order in which things happened, and stay when the process is killed. journal.rb is the
same in Ruby.
"""

import json
import os

GENERATION = os.environ.get("REALTIME_GENERATION", "1")

_file = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note(what, **facts):
    line = {"what": what, "pid": os.getpid(), "generation": GENERATION, **facts}
    os.write(_file, f"{json.dumps(line)}\n".encode())
