// Who uses the app while it is restarted: clients that count, and visitors of its pages.

import { once } from "node:events";
import { io } from "socket.io-client";

const pace = 250; // ms between two numbers of one client, whether the one before was acknowledged or not
const breath = 50; // ms between two requests of one visitor
const patience = 60000; // ms for one round trip, on a machine that is busy

const ways = [
  { transports: ["websocket"] },
  { transports: ["websocket"] },
  {}, // polling first, then WebSocket
  {},
  { transports: ["polling"] },
];

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
    const counter = new Counter();
    counter.socket = io(url, { forceNew: true, auth: { ticket: "valid" }, ...ways[index % ways.length] });
    counter.socket.on("seen", (n) => counter.seen.push(n));
    counter.socket.on("tick", (source, n) => {
      if (!counter.ticks.has(source)) counter.ticks.set(source, []);
      counter.ticks.get(source).push(n);
    });
    counter.socket.on("disconnect", (reason) => counter.disconnects.push(reason));
    await once(counter.socket, "connect");
    counter.id = counter.socket.id;
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
    this.socket.emit("number", n, (id, attempt) => {
      this.acked.push(n);
      this.acks.set(n, { id, attempt, after: performance.now() - began });
    });
  }

  /** Resolves when everything that the sidecar has for this client has come. */
  async drain() {
    await this.socket.timeout(patience).emitWithAck("last");
  }

  close() {
    this.rest();
    this.socket.disconnect();
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
