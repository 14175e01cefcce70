// Who uses the app while it is restarted: clients that count, and visitors of its pages.

import { rows } from "../generations/clients.mjs";

const pace = 200; // ms between two numbers of one client, whether the one before was acknowledged or not
const breath = 100; // ms between two requests of one visitor
const posts = 4; // one in so many: what is posted is emitted to everyone, and each poll that ends so begins anew

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

  /** It is on its way in. */
  constructor(url, index) {
    this.row = crowd[index % crowd.length];
    this.peer = this.row.Peer.open(this.row, url, { claims: { ticket: "valid" } });
    this.peer.on("seen", (n) => this.seen.push(n));
    this.peer.on("tick", (source, n) => {
      if (!this.ticks.has(source)) this.ticks.set(source, []);
      this.ticks.get(source).push(n);
    });
    this.peer.on("disconnect", (reason) => this.disconnects.push(reason));
  }

  /** Resolves when it is in, and knows by which id the app knows it. */
  async arrival() {
    await this.peer.ready;
    // The app knows clients from before 3.x by another id than they do.
    this.id ??= this.row.dialect === "EIO4" ? this.peer.id : await this.drain();
  }

  /** `delay` is a share of the pace: clients that all send at once leave the app idle in between. */
  begin(delay = 0) {
    this.timer = setTimeout(() => {
      this.timer = setInterval(() => this.#send(), pace);
      this.#send();
    }, delay * pace);
  }

  rest() {
    clearTimeout(this.timer); // of either kind
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

/** Asks for the page and now and then posts to it, and notes how that ended. */
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
      const method = this.visits.length % posts === 1 ? "POST" : "GET";
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
