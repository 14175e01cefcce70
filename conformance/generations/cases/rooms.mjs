// Who hears what: rooms, broadcasts, ids, users, namespaces.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { WORDS } from "./words.mjs";

/** Notes what each of several peers hears, by name. */
function listen(peers, event) {
  const heard = {};
  for (const [name, peer] of Object.entries(peers)) {
    heard[name] = [];
    peer.on(event, (...args) => heard[name].push(args));
  }
  return heard;
}

/** Resolves when all that was emitted before has come to each of them. */
const settle = (peers) => Promise.all(Object.values(peers).map((peer) => peer.call("message-with-ack")));

export const rooms = [
  {
    feature: "rooms: join, emit, leave",
    async run({ connect }) {
      const [a, b, c] = await Promise.all([connect(), connect(), connect()]);
      const room = `room ${WORDS} ${randomUUID()}`;
      await a.call("join", room);
      await b.call("join", room);
      assert.deepEqual(await c.call("count", room), [2]);
      const heard = listen({ a, b, c }, "relayed");
      const first = b.next("relayed");
      await c.call("relay", room, "from outside", { WORDS });
      await first;
      await b.call("leave", room);
      await c.call("relay", room, "again");
      await settle({ a, b, c });
      assert.deepEqual(heard, { a: [["from outside", { WORDS }], ["again"]], b: [["from outside", { WORDS }]], c: [] });
    },
  },
  {
    feature: "broadcast to all but the sender",
    async run({ connect }) {
      const [a, b, c] = await Promise.all([connect(), connect(), connect()]);
      const text = `${WORDS} ${randomUUID()}`;
      const heard = listen({ a, b, c }, "shouted");
      await a.call("shout", text);
      await settle({ a, b, c });
      // Everyone's shouts are heard here, of which these are one.
      const counts = Object.values(heard).map((list) => list.filter(([heardText]) => heardText === text).length);
      assert.deepEqual(counts, [0, 1, 1]);
    },
  },
  {
    feature: "addressed by id and by user",
    async run({ connect, row }) {
      const user = `user ${randomUUID()}`;
      const [a, b] = await Promise.all([connect({ claims: { user } }), connect()]);
      const [{ id }] = await a.call("who-am-i");
      // Generations before 3.x make their id from their session's, which is a secret: the app sees another.
      if (row.dialect === "EIO4") assert.equal(id, a.id);
      else assert.notEqual(id, a.id);
      const heard = a.take(3, "personal");
      b.emit("personal", id, "as the app knows it");
      b.emit("personal", a.id, "as the client knows it");
      b.emit("to-user", user, WORDS);
      assert.deepEqual(await heard, [["as the app knows it"], ["as the client knows it"], [WORDS]]);
    },
  },
  {
    feature: "namespaces over one session",
    async run({ connect, row }) {
      const main = await connect();
      const custom = main.of("/custom");
      await custom.arrival();
      const [[mine], [other]] = await Promise.all([main.call("who-am-i"), custom.call("who-am-i")]);
      assert.notEqual(mine.id, other.id);
      const strays = [];
      main.on("message-back", (...args) => strays.push(args));
      const back = custom.next("message-back");
      custom.emit("message", WORDS, { in: "custom" });
      assert.deepEqual(await back, [WORDS, { in: "custom" }]);
      if (!row.lacks.leave) custom.leave();
      assert.deepEqual(await main.call("message-with-ack", "still here"), ["still here"]);
      assert.deepEqual(strays, []);
      return row.lacks.leave;
    },
  },
  {
    feature: "what a client says to join a namespace",
    needs: "claimsByNamespace",
    async run({ connect }) {
      const main = await connect({ claims: { who: "main" } });
      const custom = main.of("/custom", { who: WORDS });
      assert.deepEqual(await custom.next("auth"), [{ who: WORDS }]);
    },
  },
];
