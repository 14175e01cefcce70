// What a client finds when it comes back, with a sidecar whose recovery is on.

import assert from "node:assert/strict";
import { once } from "node:events";

import { Cable } from "../cable.mjs";
import { pictureAt, WORDS } from "./words.mjs";

export const recovery = [
  {
    feature: "recovery: the same socket, and what it missed",
    needs: "recovery",
    flags: ["--recovery=1m"],
    async run({ connect, house, row }) {
      const cable = await Cable.to(house.port);
      try {
        const [peer, other] = await Promise.all([connect({ through: cable.url }), connect()]);
        const room = `room of ${peer.id}`;
        await peer.call("join", room);
        const [me] = await peer.call("who-am-i");
        const out = peer.next("disconnect");
        cable.cut();
        await out;
        const missed = peer.take(2, "relayed");
        await other.call("relay", room, WORDS);
        await other.call("relay", room, pictureAt(row));
        const back = once(peer.socket, "connect");
        cable.mend();
        // Each event that may be recovered ends with where it stands among them.
        assert.deepEqual((await missed).map(([value, offset]) => [value, typeof offset]), [[WORDS, "string"], [pictureAt(row), "string"]]);
        await back;
        const [after] = await peer.call("who-am-i");
        assert.deepEqual([peer.socket.recovered, after.id], [true, me.id]);
        peer.close();
      } finally {
        cable.close();
      }
    },
  },
];
