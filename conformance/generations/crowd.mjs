// A room that holds a client of each of several rows.

import assert from "node:assert/strict";

import { counters } from "../restarts/link.mjs";
import { picture, pictureAt, WORDS } from "./cases/words.mjs";

const room = `room ${WORDS}`;

/** How often emits have been written, by generation and parser. */
async function encodings(house) {
  const all = Object.entries(await counters(house.socket));
  return Object.fromEntries(all.filter(([name]) => name.startsWith("encodings_")));
}

const byName = (a, b) => (a[0] < b[0] ? -1 : 1);

export class Crowd {
  /** Opens a client of each row, and resolves when all are in the room. */
  static async gather(rows, house) {
    const crowd = new Crowd();
    crowd.house = house;
    crowd.members = rows.map((row) => ({ row, name: `${row.client} over ${row.transport}`, peer: row.Peer.open(row, house.url) }));
    await Promise.all(crowd.members.map(async ({ peer }) => {
      await peer.arrival();
      await peer.call("join", room);
    }));
    return crowd;
  }

  close() {
    for (const { peer } of this.members) peer.close();
  }

  /** Resolves when each has done what it was told before, and heard what was said before. */
  async settled() {
    await Promise.all(this.members.map(({ peer }) => peer.call("message-with-ack")));
  }

  /** The app's broadcast reaches everyone, and is written once for each dialect and parser. */
  async hearsTheApp() {
    const heard = Promise.all(this.members.map(({ peer }) => peer.next("published")));
    await this.settled();
    const before = await encodings(this.house);
    this.members[0].peer.emit("publish", room);
    assert.deepEqual(await heard, this.members.map(({ row }) => [pictureAt(row), WORDS]));
    const now = await encodings(this.house);
    const grown = Object.fromEntries(Object.entries(now).map(([form, count]) => [form, count - (before[form] ?? 0)]));
    const forms = new Set(this.members.map(({ row }) => `${row.dialect} ${row.parser}`));
    assert.ok(Object.values(grown).every((count) => count <= 1), JSON.stringify(grown));
    assert.equal(Object.values(grown).reduce((sum, count) => sum + count), forms.size, JSON.stringify(grown));
  }

  /** The app's question is answered by everyone. */
  async answersTheApp() {
    for (const { peer, name } of this.members) peer.on("question", (question, answer) => answer(`${question} ${name}`));
    await this.settled();
    const [answers] = await this.members[0].peer.call("ask-all", room, WORDS);
    assert.deepEqual(answers.sort(), this.members.map(({ name }) => `${WORDS} ${name}`).sort());
  }

  /** What each says reaches everyone else. */
  async hearsEachOther() {
    const { members } = this;
    const heard = members.map(() => []);
    members.forEach(({ peer }, i) => peer.on("relayed", (...args) => heard[i].push(args)));
    const others = members.map(({ peer }) => peer.take(members.length - 1, "relayed"));
    await this.settled();
    const said = ({ row }) => (row.lacks.binary ? pictureAt(row) : picture());
    for (const member of members) member.peer.emit("relay", room, member.name, WORDS, said(member));
    await Promise.all(others);
    await this.settled(); // what anybody heard of itself has come, too
    members.forEach((listener, i) => {
      const expected = members.filter((member) => member !== listener).map(({ row, name }) => {
        return [name, WORDS, pictureAt(row.lacks.binary ? row : listener.row)];
      });
      assert.deepEqual(heard[i].sort(byName), expected.sort(byName), `what ${listener.name} heard`);
    });
  }
}
