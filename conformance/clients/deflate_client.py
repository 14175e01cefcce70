"""A WebSocket client with compression that is not ours, saying and hearing one long text.

    deflate_client.py ws://127.0.0.1:8000 TEXT
"""

import json
import sys

from websockets.sync.client import connect

url, text = sys.argv[1:]

with connect(f"{url}/socket.io/?EIO=4&transport=websocket", compression="deflate", max_size=None) as ws:
    names = [extension.name for extension in ws.protocol.extensions]
    assert names == ["permessage-deflate"], names
    assert ws.recv(timeout=30).startswith("0{")
    ws.send("40")
    while not ws.recv(timeout=30).startswith("42"):  # what the connect hook emits comes behind the answer
        pass
    for word in ("short", text, "", text):
        ws.send("42" + json.dumps(["message", word]))
        got = json.loads(ws.recv(timeout=30).removeprefix("42"))
        assert got == ["message-back", word], (len(word), got[0])
