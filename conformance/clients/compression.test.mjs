// Compressed WebSockets, against implementations that are not ours: ws, which the official client brings
// along, and websockets for Python.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import path from "node:path";
import { io } from "socket.io-client";
import WebSocket from "ws";

import { House, end, python, root, start } from "./house.mjs";

const long = JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, text: "é 漢字 👩‍🚀" })));

describe("with per_message_deflate", () => {
  let house;
  const open = [];

  before(async () => {
    house = await House.open({ flags: ["--per-message-deflate", "true"] });
  });

  after(async () => {
    for (const socket of open) socket.close();
    await house.close();
  });

  for (const [name, options] of Object.entries({
    "websocket only": { transports: ["websocket"], perMessageDeflate: { threshold: 0 } },
    "polling, then an upgrade": { perMessageDeflate: { threshold: 0 } },
    "a client that does not offer it": { transports: ["websocket"], perMessageDeflate: false },
  })) {
    it(`the official client says and hears the same, ${name}`, async () => {
      const socket = io(house.url, { forceNew: true, ...options });
      open.push(socket);
      await once(socket, "auth");
      if (socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
      const extensions = options.perMessageDeflate ? "permessage-deflate" : "";
      assert.equal(socket.io.engine.transport.ws.extensions, extensions);
      const bytes = Buffer.alloc(100_000, "0123456789abcdef");
      for (const values of [["short"], [long], [{ deep: [bytes] }, long], [""]]) {
        assert.deepEqual(await socket.timeout(30_000).emitWithAck("message-with-ack", ...values), values[0]);
        const back = once(socket, "message-back");
        socket.emit("message", ...values);
        assert.deepEqual(await back, values);
      }
    });
  }

  it("a broadcast takes a fraction of its bytes", async () => {
    const listeners = [true, false].map((perMessageDeflate) => {
      const ws = new WebSocket(`${house.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate });
      open.push(ws);
      ws.heard = [];
      ws.on("open", () => ws.send("40"));
      ws.on("message", (data) => ws.heard.push(data.toString()));
      return ws;
    });
    const all = (begin) => house.until(() => listeners.every((ws) => ws.heard.some((text) => text.startsWith(begin))), begin);
    await all('42["auth"');
    const before = listeners.map((ws) => ws._socket.bytesRead);
    listeners[1].send(`42["everyone",${JSON.stringify(long)}]`);
    await all('42["heard"');
    for (const ws of listeners) assert.equal(ws.heard.at(-1), `42["heard",${JSON.stringify(long)}]`);
    const [compressed, plain] = listeners.map((ws, i) => ws._socket.bytesRead - before[i]);
    assert.ok(plain >= long.length && compressed < plain / 5, `${compressed} bytes instead of ${plain}`);
  });

  it("websockets for Python says and hears the same", async () => {
    const client = await start([python, path.join(root, "conformance/clients/deflate_client.py"), house.url.replace("http", "ws"), long]);
    try {
      const [code] = await once(client.child, "exit");
      assert.equal(code, 0, client.log.join("\n"));
    } finally {
      await end(client);
    }
  });
});
