// The official client of today, unchanged, over each way to connect, with the app in each language.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { io } from "socket.io-client";

import { House, languages } from "./house.mjs";
import { sidecarOnly } from "./ways.mjs";

const ways = {
  "polling only": { transports: ["polling"] },
  "websocket only": { transports: ["websocket"] },
  "polling, then an upgrade": {},
};

for (const language of languages) {
  describe(`socket.io-client, app in ${language}`, () => {
    let house;
    const open = [];

    const dial = (path = "", options = {}) => {
      const socket = io(house.url + path, { forceNew: true, reconnectionDelay: 50, ...options });
      open.push(socket);
      return socket;
    };

    before(async () => {
      house = await House.open({ language });
    });

    after(async () => {
      for (const socket of open) socket.disconnect();
      await house.close();
    });

    for (const [way, options] of Object.entries(ways)) describe(way, () => {
      const connect = async (path = "", more = {}) => {
        const socket = dial(path, { ...options, ...more });
        const [auth] = await once(socket, "auth");
        return { socket, auth };
      };

      it("gives what a connect hook emits right after the connect", async () => {
        const socket = dial("", { ...options, auth: { token: "x" } });
        const order = [];
        socket.on("connect", () => order.push("connect"));
        const [auth] = await once(socket, "auth");
        order.push("auth");
        assert.deepEqual([order, auth], [["connect", "auth"], { token: "x" }]);
      });

      it("upgrades by itself", async () => {
        const { socket } = await connect();
        if (way !== "polling, then an upgrade") return assert.equal(socket.io.engine.transport.name, options.transports[0]);
        if (socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
        assert.equal(socket.io.engine.transport.name, "websocket");
        assert.deepEqual(await socket.emitWithAck("message-with-ack", "after"), "after");
      });

      it("carries values of every kind both ways", async () => {
        const { socket } = await connect();
        const values = [1, -1, 1.5, 2 ** 40, "", "é€😀", true, null, [], {}, { a: [{ b: null }] }, "x".repeat(20000)];
        const back = once(socket, "message-back");
        socket.emit("message", ...values);
        assert.deepEqual(await back, values);
      });

      it("carries binary at any depth", async () => {
        const { socket } = await connect();
        const value = { file: Buffer.from([1, 2, 3]), more: [Buffer.alloc(0), { deep: Buffer.alloc(70000, 7) }] };
        const back = once(socket, "message-back");
        socket.emit("message", value, "beside it");
        const [got, text] = await back;
        assert.deepEqual(text, "beside it");
        assert.ok(got.file.equals(value.file) && got.more[0].length === 0 && got.more[1].deep.equals(value.more[1].deep));
      });

      it("acknowledges, with values and binary", async () => {
        const { socket } = await connect();
        const got = await new Promise((resolve) => {
          socket.emit("message-with-ack", 1, "two", Buffer.from([3]), (...args) => resolve(args));
        });
        assert.deepEqual(got, [1, "two", Buffer.from([3])]);
        assert.deepEqual(await socket.emitWithAck("count", "nobody here"), 0);
      });

      it("is asked by the app and answers", async () => {
        const { socket } = await connect();
        socket.on("question", (question, answer) => answer(`${question}: 42`));
        const result = JSON.stringify(await socket.emitWithAck("ask-me", "life"));
        assert.match(result, /life: 42/);
      });

      it("has no answer when the handler fails, and goes on", async () => {
        const { socket } = await connect();
        await assert.rejects(socket.timeout(300).emitWithAck("fail"));
        assert.equal(await socket.emitWithAck("message-with-ack", "fine"), "fine");
      });

      it("hears rooms, broadcasts and its user, and not itself", async () => {
        const clients = { a: await connect(), b: await connect("", { auth: { user: "ann" } }), c: await connect() };
        const { a, b, c } = Object.fromEntries(Object.entries(clients).map(([name, { socket }]) => [name, socket]));
        const heard = [];
        for (const [name, socket] of Object.entries({ a, b, c })) {
          socket.onAny((event, text) => heard.push(`${name} ${event} ${text}`));
        }
        const hears = (line) => house.until(() => heard.includes(line), `"${line}", heard ${heard}`);
        const room = `room ${Math.random()}`;
        await a.emitWithAck("join", room);
        await b.emitWithAck("join", room);
        assert.equal(await a.emitWithAck("count", room), 2);
        a.emit("say", room, "hi");
        await hears("b said hi");
        a.emit("shout", "ho");
        a.emit("to-user", "ann", "psst");
        await Promise.all(["b shouted ho", "c shouted ho", "b personal psst"].map(hears));
        await b.emitWithAck("leave", room);
        a.emit("say", room, "anyone?");
        a.emit("everyone", "bye"); // after it, by the order of one socket
        await Promise.all(["a heard bye", "b heard bye", "c heard bye"].map(hears));
        assert.equal(heard.length, 7, `somebody heard too much: ${heard}`);
      });

      it("joins several namespaces over one connection and leaves one", async () => {
        const main = await connect();
        const custom = main.socket.io.socket("/custom", { auth: { who: "me" } });
        const [auth] = await once(custom, "auth");
        assert.deepEqual(auth, { who: "me" });
        assert.notEqual(custom.id, main.socket.id);
        custom.disconnect();
        assert.equal(await main.socket.emitWithAck("message-with-ack", "still here"), "still here");
      });

      it("is refused with the app's own words and data", async () => {
        const socket = dial("", { ...options, auth: { reject: "not you" } });
        const [error] = await once(socket, "connect_error");
        assert.deepEqual([error.message, error.data], ["not you", { code: 7 }]);
        assert.equal(socket.active, false);
      });

      it("is told when the app disconnects it, and does not come back by itself", async () => {
        const { socket } = await connect();
        const gone = once(socket, "disconnect");
        socket.emit("kick", false);
        assert.equal((await gone)[0], "io server disconnect");
        assert.equal(socket.active, false);
      });
    });

    it("stays connected on each way while the app is killed and started again", sidecarOnly("the server dies with the app"), async () => {
      let disconnects = 0;
      const sockets = await Promise.all(Object.values(ways).map(async (options) => {
        const socket = dial("", options).on("disconnect", () => disconnects++);
        await once(socket, "auth");
        const { engine } = socket.io;
        if (options.transports === undefined && engine.transport.name !== "websocket") await once(engine, "upgrade");
        return socket;
      }));
      const ids = sockets.map(({ id }) => id);
      const pid = await sockets[0].emitWithAck("pid");
      await house.killApp();
      const waiting = sockets.map((socket) => socket.emitWithAck("pid")); // sent while nobody is there
      await house.startApp();
      for (const answer of await Promise.all(waiting)) assert.notEqual(answer, pid);
      assert.deepEqual([sockets.map(({ id }) => id), disconnects], [ids, 0]);
    });
  });
}
