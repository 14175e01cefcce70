// What jobs say is heard, all of it and in order, once their transactions are kept; and they hear what they ask.
// Their workers are restarted in the middle of it, as a deploy does.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { io } from "socket.io-client";

import { runners, Shop } from "./shop.mjs";

const ways = [["websocket"], ["polling", "websocket"], ["polling"]];
const batch = 3; // emits of one order

/** A client that hears everything, and answers questions with its index and the doubled question. */
class Listener {
  heard = new Map(); // source → ["serial number", …]
  disconnects = [];

  static async open(url, index) {
    const listener = new Listener();
    listener.socket = io(url, { forceNew: true, transports: ways[index] });
    listener.socket.on("told", (source, serial, number) => {
      if (!listener.heard.has(source)) listener.heard.set(source, []);
      listener.heard.get(source).push(`${serial} ${number}`);
    });
    listener.socket.on("question", (n, answer) => answer(index, 2 * n));
    listener.socket.on("disconnect", (reason) => listener.disconnects.push(reason));
    await once(listener.socket, "connect");
    listener.id = listener.socket.id;
    return listener;
  }

  count() {
    return [...this.heard.values()].reduce((sum, { length }) => sum + length, 0);
  }

  close() {
    this.socket.disconnect();
  }
}

for (const name of Object.keys(runners)) {
  describe(`jobs of ${name}:`, () => {
    let shop;
    let listeners;
    let serial = 0;
    const ordered = [];

    /** The next job's number. */
    const next = () => {
      ordered.push(++serial);
      return serial;
    };
    const many = (count, job) => Array.from({ length: count }, () => job(next()));
    const allDone = () => shop.until(() => new Set(shop.done()).size === ordered.length, `${ordered.length} jobs`);

    /** Everything that was emitted was heard by everyone, each source in its order, and nothing else was. */
    const everythingHeard = async () => {
      const told = new Map();
      for (const { source, serial: of, number } of shop.noted("told")) {
        if (!told.has(source)) told.set(source, []);
        told.get(source).push(`${of} ${number}`);
      }
      const count = shop.noted("told").length;
      await shop.until(() => listeners.every((listener) => listener.count() >= count), `${count} emits`);
      for (const { heard } of listeners) assert.deepEqual(Object.fromEntries(heard), Object.fromEntries(told));
      return { count, sources: told.size };
    };

    before(async () => {
      shop = await Shop.open(name);
      listeners = await Promise.all(ways.map((_, i) => Listener.open(shop.house.url, i)));
      await shop.startWorker();
    });
    after(async () => {
      for (const listener of listeners ?? []) listener.close();
      await shop?.close();
    });

    it("what several workers emit at once is heard in the order of each", async () => {
      await shop.order(many(24, (n) => ["tell", n, 50, 10]));
      await allDone();
      const { count, sources } = await everythingHeard();
      assert.equal(count, 24 * 50);
      assert.ok(sources > 1, "one worker did everything");
    });

    it("a batch in a transaction is heard after its commit, and never after a rollback", async () => {
      const earlier = shop.noted("told").length;
      const kept = [];
      await shop.order(many(40, (n) => {
        if (n % 2) kept.push(n);
        return ["order", n, n % 2 === 1];
      }));
      await allDone();
      assert.equal((await everythingHeard()).count, earlier + kept.length * batch);
      assert.deepEqual((await shop.orders()).toSorted((a, b) => a - b), kept);
    });

    it("each gets the acknowledgements of all clients to what it asks", async () => {
      const questions = many(20, (n) => ["ask", n]);
      await shop.order(questions);
      await allDone();
      const answered = shop.noted("answered");
      assert.deepEqual(answered.map(({ serial: n }) => n).toSorted((a, b) => a - b), questions.map(([, n]) => n));
      for (const { serial: n, answers, complete } of answered) {
        assert.equal(complete, true);
        const expected = listeners.map(({ id }, i) => [id, [i, 2 * n]]);
        assert.deepEqual(answers.toSorted(([a], [b]) => (a < b ? -1 : 1)), expected.toSorted(([a], [b]) => (a < b ? -1 : 1)));
      }
    });

    it("a restart in the middle of it loses nothing, nor does an end right after the last job", async () => {
      const earlier = shop.done().length;
      await shop.order(many(60, (n) => (n % 3 ? ["tell", n, 100, 1000] : ["order", n, n % 2 === 1])));
      await shop.until(() => shop.done().length >= earlier + 10, "the first of them");
      await shop.endWorker();
      assert.ok(shop.done().length < ordered.length, "the worker was done before it was ended");
      await everythingHeard();
      await shop.startWorker();
      await allDone();
      await shop.order(many(1, (n) => ["tell", n, 500, 4000]));
      const last = serial;
      await shop.until(() => shop.noted("told").some(({ serial: n }) => n === last), "its beginning");
      await shop.endWorker();
      await allDone();
      await everythingHeard();
      const done = shop.done();
      assert.deepEqual(shop.runner.again ? [...new Set(done)] : done, ordered);
    });

    it("no client had to come back", () => {
      for (const { disconnects } of listeners) assert.deepEqual(disconnects, []);
    });
  });
}
