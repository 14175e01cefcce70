// One room that holds a client of every generation on every transport.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { counters } from "../restarts/link.mjs";
import { pictureAt, WORDS } from "./cases/words.mjs";
import { rows } from "./clients.mjs";

const room = `room ${WORDS}`;

/** How often emits have been written, by generation and parser. */
async function encodings(house) {
  const all = Object.entries(await counters(house.socket));
  return Object.fromEntries(all.filter(([name]) => name.startsWith("encodings_")));
}

for (const language of languages) {
  describe(`one room for all, app in ${language}`, () => {
    let house;
    let members; // [{row, name, peer}]

    before(async () => {
      house = await House.open({ language });
      members = await Promise.all(rows.map(async (row) => {
        const peer = row.Peer.open(row, house.url);
        await peer.arrival();
        await peer.call("join", room);
        return { row, name: `${row.client} over ${row.transport}`, peer };
      }));
    });

    after(async () => {
      for (const { peer } of members ?? []) peer.close();
      await house?.close();
    });

    it("hears the app's broadcast, which is written once for each dialect and parser", async () => {
      const heard = Promise.all(members.map(({ peer }) => peer.next("published")));
      const before = await encodings(house);
      members[0].peer.emit("publish", room);
      assert.deepEqual(await heard, members.map(({ row }) => [pictureAt(row), WORDS]));
      const now = await encodings(house);
      const grown = Object.fromEntries(Object.entries(now).map(([form, count]) => [form, count - (before[form] ?? 0)]));
      const forms = new Set(rows.map(({ dialect, parser }) => `${dialect} ${parser}`));
      assert.ok(Object.values(grown).every((count) => count <= 1), JSON.stringify(grown));
      assert.equal(Object.values(grown).reduce((sum, count) => sum + count), forms.size, JSON.stringify(grown));
    });

    it("answers the app's question, each for itself", async () => {
      for (const { peer, name } of members) peer.on("question", (question, answer) => answer(`${question} ${name}`));
      const [answers] = await members[0].peer.call("ask-all", room, WORDS);
      assert.deepEqual(answers.sort(), members.map(({ name }) => `${WORDS} ${name}`).sort());
    });

    it("hears each of them, and none hears itself", async () => {
      const heard = members.map(() => []);
      members.forEach(({ peer }, i) => peer.on("relayed", (...args) => heard[i].push(args)));
      const others = members.map(({ peer }) => peer.take(members.length - 1, "relayed"));
      for (const { row, name, peer } of members) peer.emit("relay", room, name, WORDS, pictureAt(row));
      await Promise.all(others);
      // What anybody heard of itself has come before an answer that was asked for later.
      await Promise.all(members.map(({ peer }) => peer.call("message-with-ack")));
      members.forEach((listener, i) => {
        const expected = members.filter((member) => member !== listener).map(({ row, name }) => {
          return [name, WORDS, pictureAt(row.lacks.binary ? row : listener.row)];
        });
        const byName = (a, b) => (a[0] < b[0] ? -1 : 1);
        assert.deepEqual(heard[i].sort(byName), expected.sort(byName), `what ${listener.name} heard`);
      });
    });
  });
}
