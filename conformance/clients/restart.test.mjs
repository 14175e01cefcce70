// The app's processes die, are replaced and stay away, under load; the clients stay connected. Handlers
// run in the workers of a real web server with one sidecar in front. LONG=1 leaves the app away for a
// minute instead of three seconds.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { io } from "socket.io-client";

import { servers, WebApp } from "./webapp.mjs";

const away = process.env.LONG ? 60000 : 3000;
const pace = 40; // ms between two numbers of one client
const workers = 2; // of each web server: see webapp.mjs
const grace = 1000; // ms after a kill in which a request that was under way may fail

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client that counts, one number after the other, and notes what comes back. */
class Counter {
  sent = 0;
  seen = [];
  disconnects = [];

  static async open(url, options) {
    const counter = new Counter();
    counter.socket = io(url, { forceNew: true, ...options });
    counter.socket.on("seen", (n) => counter.seen.push(n));
    counter.socket.on("disconnect", (reason) => counter.disconnects.push(reason));
    await once(counter.socket, "connect");
    counter.begin();
    return counter;
  }

  begin() {
    this.timer = setInterval(() => this.socket.emit("number", ++this.sent), pace);
  }

  rest() {
    clearInterval(this.timer);
  }

  get last() {
    return this.seen.at(-1) ?? 0;
  }

  /** Numbers that were sent, and overtaken by later ones, and never came back. */
  get lost() {
    return this.last - this.seen.length;
  }

  close() {
    this.rest();
    this.socket.disconnect();
  }
}

/** Asks for a page again and again and notes what was no 200. */
class Visitor {
  failures = [];

  constructor(url) {
    this.url = url;
    this.done = this.#visit();
  }

  async #visit() {
    while (!this.over) {
      const response = await fetch(this.url);
      await response.text();
      if (response.status !== 200) this.failures.push({ status: response.status, at: Date.now() });
      await pause(10);
    }
  }

  async close() {
    this.over = true;
    await this.done;
  }
}

for (const name of Object.keys(servers)) {
  describe(`${name}: clients count while`, () => {
    let app;
    let counters = [];
    let visitors = [];

    before(async () => {
      app = await WebApp.open(name);
      const ways = [{ transports: ["websocket"] }, { transports: ["websocket"] }, {}, {}, { transports: ["polling"] }];
      counters = await Promise.all(ways.map((options) => Counter.open(app.house.url, options)));
      visitors = Array.from({ length: 3 }, () => new Visitor(app.house.url));
    });

    after(async () => {
      for (const counter of counters) counter.close();
      await Promise.all(visitors.map((visitor) => visitor.close()));
      await app?.close();
    });

    /** Waits until every client has heard of numbers that it sends from now on, and returns what was lost meanwhile. */
    const settle = async (lostBefore) => {
      const marks = counters.map(({ sent }) => sent);
      await app.house.until(() => counters.every(({ last }, i) => last > marks[i]), "new numbers", 30000);
      for (const { seen, disconnects } of counters) {
        assert.deepEqual(disconnects, []);
        seen.reduce((a, b) => {
          assert.ok(b > a, `${b} came after ${a}`);
          return b;
        }, 0);
      }
      return counters.map(({ lost }, i) => lost - lostBefore[i]);
    };

    const disturb = async (t, disturbance) => {
      const lost = await settle(counters.map(() => 0));
      for (const visitor of visitors) visitor.failures = [];
      const began = Date.now();
      await disturbance();
      const result = { began, lost: await settle(lost), failures: visitors.flatMap(({ failures }) => failures) };
      t.diagnostic(`lost ${result.lost}; pages that failed: ${result.failures.map(({ status, at }) => `${status} after ${at - began} ms`)}`);
      return result;
    };

    it("nothing happens", async (t) => {
      const { lost, failures } = await disturb(t, async () => {});
      assert.deepEqual([lost, failures], [[0, 0, 0, 0, 0], []]);
    });

    it("one worker is killed", async (t) => {
      const { began, lost, failures } = await disturb(t, () => app.killWorker());
      // A socket has one unanswered request, so one number at most was in the worker's hands.
      assert.ok(lost.every((count) => count <= 1), `lost ${lost}`);
      assert.deepEqual(failures.filter(({ at }) => at > began + grace), []);
    });

    it("a deploy replaces the workers", async (t) => {
      const { lost, failures } = await disturb(t, () => app.restart());
      assert.deepEqual([lost, failures], [[0, 0, 0, 0, 0], []]);
    });

    it(`the whole app is killed and stays away for ${away / 1000} s`, async (t) => {
      const { began, lost, failures } = await disturb(t, async () => {
        await app.kill();
        if (away > 10000) { // longer than events are kept
          for (const counter of counters) counter.rest();
          await pause(away);
          for (const counter of counters) counter.begin();
        } else {
          await pause(away);
        }
        await app.start();
      });
      // The workers die one after the other, and each may have had a socket's next number in its hands.
      assert.ok(lost.every((count) => count <= workers), `lost ${lost}`);
      const later = failures.filter(({ at }) => at > began + grace);
      // Held for 10 s, then told to come back; never that the gateway is broken.
      assert.deepEqual(later.filter(({ status }) => away < 10000 || status !== 503), []);
    });
  });
}
