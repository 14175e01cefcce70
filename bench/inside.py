"""What the server inside costs a Python process before anybody does anything with it.

    python inside.py

REALTIME_LIBRARY names the library. It prints what inside.rb prints, and means the same.
"""

import ctypes
import gc
import http.client
import json
import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import realtime_sidecar as realtime


def memory() -> int:
    """Reads the PSS of this process, in bytes."""
    gc.collect()
    found = re.search(r"^Pss:\s+(\d+)", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def enter(url: str) -> None:
    """Takes a client's way in, by long-polling: open, ask for the namespace, hear that the hook let it in."""
    client = http.client.HTTPConnection(urlsplit(url).netloc)

    def ask(method: str, more: str = "", body: str | None = None) -> str:
        client.request(method, "/socket.io/?EIO=4&transport=polling" + more, body)
        return client.getresponse().read().decode()

    session = "&sid=" + json.loads(ask("GET")[1:])["sid"]
    ask("POST", session, "40")
    answer = ask("GET", session)
    if not answer.startswith("40{"):
        raise RuntimeError(f"a client was answered {answer}")
    client.close()


@realtime.on_connect
def connect(socket: realtime.Socket, _auth: object) -> None:
    """Lets everybody in."""
    socket.join("all")


alone = memory()
began = time.monotonic()
ctypes.CDLL(os.environ["REALTIME_LIBRARY"])
load = time.monotonic() - began
loaded = memory()
began = time.monotonic()
realtime.start(native=True, listen="127.0.0.1:0", log_level="warn")
start = time.monotonic() - began
server = realtime.native_server()
assert server and server.url
enter(server.url)
first = time.monotonic() - began
said = {"load": load, "start": start, "first": first, "loaded": loaded - alone, "started": memory() - loaded}
print(json.dumps(said))
realtime.stop()
