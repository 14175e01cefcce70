// How clients come and go.

import assert from "node:assert/strict";

import { Cable } from "../cable.mjs";

/** What each dialect tells a client whom the app refuses with the words "not you" and the data {code: 7}. */
const refusals = {
  V09: { session: ["handshake unauthorized", undefined], namespace: ["unauthorized", undefined] },
  EIO3: { session: ["", { code: 7 }], namespace: ["", { code: 7 }] },
  EIO4: { session: ["not you", { code: 7 }], namespace: ["not you", { code: 7 }] },
};

const heartbeats = 10; // one a second, for longer than the sidecar waits for the next

async function refused(peer) {
  const error = await peer.arrival().then(() => assert.fail("was let in"), (error) => error);
  return [error.message, error.data];
}

export const life = [
  {
    feature: "connect",
    async run({ connect, row }) {
      const peer = await connect();
      let me;
      do {
        [me] = await peer.call("who-am-i"); // also while the transport changes
      } while (me.transport !== row.seen);
      assert.deepEqual([me.dialect, peer.transport], [row.dialect, row.becomes]);
    },
  },
  {
    feature: "heartbeat",
    needs: "heartbeat",
    flags: ["--ping-interval=1s", "--ping-timeout=8s", "--heartbeat-interval=1s", "--heartbeat-timeout=8s", "--polling-duration=1s"],
    async run({ connect }) {
      const peer = await connect();
      const [before] = await peer.call("who-am-i");
      await peer.beats(heartbeats);
      const [after] = await peer.call("who-am-i");
      assert.equal(after.id, before.id);
    },
  },
  {
    feature: "refused by the app",
    needs: "refusalData",
    async run({ open, row }) {
      const peer = open({ claims: { reject: "not you" } });
      assert.deepEqual(await refused(peer), refusals[row.dialect].session);
      return row.lacks.refusal;
    },
  },
  {
    feature: "refused in a namespace",
    needs: "refusalData",
    async run({ connect, row }) {
      const main = await connect({ claims: { "reject /custom": "not you" } });
      const custom = main.of("/custom", { reject: "not you" });
      assert.deepEqual(await refused(custom), refusals[row.dialect].namespace);
      assert.deepEqual(await main.call("message-with-ack", "still here"), ["still here"]);
      return row.lacks.refusal;
    },
  },
  {
    feature: "disconnect by the client",
    needs: "closing",
    async run({ connect, row }) {
      const [peer, witness] = await Promise.all([connect(), connect()]);
      const [{ id }] = await peer.call("who-am-i");
      await witness.call("watch", id);
      const gone = witness.next("gone");
      peer.leave();
      const [reason] = await gone;
      if (!row.lacks.farewell) assert.equal(reason, "client namespace disconnect");
      return row.lacks.farewell;
    },
  },
  {
    feature: "disconnect by the app, one namespace",
    async run({ connect }) {
      const main = await connect();
      const custom = main.of("/custom");
      await custom.arrival();
      const out = custom.next("disconnect");
      custom.emit("kick", false);
      await out;
      assert.deepEqual(await main.call("message-with-ack", "still here"), ["still here"]);
    },
  },
  {
    feature: "disconnect by the app, all of it",
    async run({ connect }) {
      const main = await connect();
      const custom = main.of("/custom");
      await custom.arrival();
      const out = Promise.all([main.next("disconnect"), custom.next("disconnect")]);
      custom.emit("kick", true);
      await out;
    },
  },
  {
    feature: "back after its connection was cut",
    async run({ connect, house }) {
      const cable = await Cable.to(house.port);
      try {
        const main = await connect({ through: cable.url });
        const custom = main.of("/custom");
        await custom.arrival();
        const out = main.next("disconnect");
        const back = Promise.all([main.next("connect"), custom.next("connect")]);
        cable.cut();
        await out;
        cable.mend();
        await back;
        for (const peer of [main, custom]) assert.deepEqual(await peer.call("message-with-ack", "back"), ["back"]);
        main.close();
      } finally {
        cable.close();
      }
    },
  },
];
