// The example in C, with the official client.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";

import { end, environment, start } from "../../conformance/clients/house.mjs";

const { io } = createRequire(new URL("../../conformance/clients/", import.meta.url))("socket.io-client");

const welcome = /^echo: clients are welcome at (.+)$/;

describe("capi/examples/echo.c", () => {
  const open = [];
  let echo, url;

  const connect = async (options = {}) => {
    const socket = io(url, { forceNew: true, ...options });
    open.push(socket);
    await once(socket, "connect");
    return socket;
  };

  before(async () => {
    const config = { listen: "127.0.0.1:0", socket: "", config: "" };
    echo = await start([process.env.ECHO, JSON.stringify(config)], { env: environment }, welcome);
    url = "http://" + echo.log.map((line) => welcome.exec(line)).find(Boolean)[1];
  });

  after(() => {
    for (const socket of open) socket.disconnect();
    return end(echo, "SIGKILL");
  });

  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    it(`answers an event, and everybody hears it: ${transports}`, async () => {
      const [one, other] = [await connect({ transports }), await connect({ transports })];
      const heard = [once(one, "heard"), once(other, "heard")];
      const args = ["hi", 42, -1, 1.5, 2 ** 40, null, true, ["é€😀"], { a: { b: [] } }, Buffer.from([0, 255]), "x".repeat(70000)];
      assert.deepEqual(await one.emitWithAck("echo", ...args), args[0], "the first argument of the ack");
      assert.deepEqual(await Promise.all(heard), [args, args]);
    });
  }

  it("answers with all of the arguments", async () => {
    const socket = await connect();
    const ack = await new Promise((resolve) => socket.emit("echo", 1, "two", [3], (...args) => resolve(args)));
    assert.deepEqual(ack, [1, "two", [3]]);
  });

  it("answers a thousand at once, in order", async () => {
    const socket = await connect();
    const acks = await Promise.all(Array.from({ length: 1000 }, (_, i) => socket.emitWithAck("echo", i)));
    assert.deepEqual(acks, Array.from({ length: 1000 }, (_, i) => i));
  });

  it("does not answer an event that it does not know", async () => {
    const socket = await connect();
    socket.emit("other", () => assert.fail("an ack"));
    assert.equal(await socket.emitWithAck("echo", "after it"), "after it");
  });

  it("ends at TERM in order, and within seconds", { timeout: 10000 }, async () => {
    const gone = open.map((socket) => once(socket, "disconnect"));
    const exit = once(echo.child, "exit");
    echo.child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null], echo.log.join("\n"));
    for (const [reason] of await Promise.all(gone)) assert.match(reason, /io server disconnect|transport (close|error)/);
    const listening = io(url, { forceNew: true, reconnection: false });
    open.push(listening);
    await once(listening, "connect_error");
  });
});
