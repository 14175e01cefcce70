// Who uses the app while it is restarted: clients that count, and visitors of its pages.

import { rows } from "../generations/clients.mjs";

const pace = 250; // ms between two numbers of one client, whether the one before was acknowledged or not
const breath = 50; // ms between two requests of one visitor

/** Ten of them, whatever their number: six of today, two from before 3.x, two from before 1.0. */
const crowd = [
  "4.8.4 WebSocket",
  "4.8.4 polling, then WebSocket",
  "4.8.4 polling",
  "2.5.0 polling, then WebSocket",
  "0.9.17 WebSocket",
  "4.8.4 WebSocket",
  "4.8.4 polling, then WebSocket",
  "1.7.4 polling",
  "4.8.4 WebSocket",
  "0.9.17 polling",
].map((name) => rows.find(({ client, transport }) => `${client} ${transport}` === name));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client that sends one number after the other and notes what comes back, in the order in which it came. */
export class Counter {
  sent = 0;
  acks = new Map(); // number → {id, attempt, after}: what the app acknowledged, and how many ms it took
  acked = []; // numbers
  seen = []; // numbers, emitted by their handler before its acknowledgement
  ticks = new Map(); // source → numbers
  disconnects = [];

  static async open(url, index) {
    const row = crowd[index % crowd.length];
    const counter = new Counter();
    counter.peer = row.Peer.open(row, url, { claims: { ticket: "valid" } });
    counter.peer.on("seen", (n) => counter.seen.push(n));
    counter.peer.on("tick", (source, n) => {
      if (!counter.ticks.has(source)) counter.ticks.set(source, []);
      counter.ticks.get(source).push(n);
    });
    counter.peer.on("disconnect", (reason) => counter.disconnects.push(reason));
    await counter.peer.ready;
    // The app knows clients from before 3.x by another id than they do.
    counter.id = row.dialect === "EIO4" ? counter.peer.id : await counter.drain();
    return counter;
  }

  begin() {
    this.timer = setInterval(() => this.#send(), pace);
  }

  rest() {
    clearInterval(this.timer);
  }

  #send() {
    const n = ++this.sent;
    const began = performance.now();
    this.peer.emit("number", n, (id, attempt) => {
      this.acked.push(n);
      this.acks.set(n, { id, attempt, after: performance.now() - began });
    });
  }

  /** Resolves when everything that the sidecar has for this client has come, to the id that the app knows it by. */
  async drain() {
    const [id] = await this.peer.call("last");
    return id;
  }

  close() {
    this.rest();
    this.peer.close();
  }
}

/** Asks for the page and posts to it in turns, and notes how that ended. */
export class Visitor {
  visits = []; // {method, status, after, retryAfter}; status 0: no answer

  constructor(url) {
    this.url = url;
  }

  begin() {
    this.resting = false;
    this.done = this.#visit();
  }

  async rest() {
    this.resting = true;
    await this.done;
  }

  async #visit() {
    while (!this.resting) {
      const method = this.visits.length % 2 ? "POST" : "GET";
      const began = performance.now();
      const { status, retryAfter } = await ask(this.url, method);
      this.visits.push({ method, status, retryAfter, after: performance.now() - began });
      await pause(breath);
    }
  }
}

async function ask(url, method) {
  try {
    const response = await fetch(url, { method });
    await response.text();
    return { status: response.status, retryAfter: response.headers.get("retry-after") };
  } catch (error) {
    return { status: 0, retryAfter: null, error };
  }
}
