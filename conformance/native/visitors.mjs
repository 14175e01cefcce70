// Clients of the soak: they number what they send, and check the numbers that they hear.

import { io } from "socket.io-client";

const pace = 100; // ms between two events of one client
const shortest = 200; // ms that a guest stays
const longest = 1500;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How clients come, in turn. */
const transports = [["websocket"], ["polling"], ["polling", "websocket"]];

export class Visitor {
  sent = 0;
  acked = 0;
  asked = 0; // by the host's calls
  visits = 0; // heard while it was in the room "visit"
  heard = new Map(); // source of ticks → the last number

  /** `keeper` says whether it stays to the end and hears every number from the first. `fault` takes what went wrong. */
  static async open(url, index, { keeper, fault }) {
    const visitor = new Visitor();
    visitor.keeper = keeper;
    visitor.name = `${keeper ? "keeper" : "guest"} ${index} (${transports[index % transports.length].join(", ")})`;
    visitor.fault = (text) => fault(`${visitor.name}: ${text}`);
    const socket = io(url, { forceNew: true, reconnection: false, transports: transports[index % transports.length], auth: { keeper } });
    visitor.socket = socket;
    visitor.#listen();
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", (error) => reject(new Error(`${visitor.name} was not let in: ${error.message}`)));
    });
    return visitor;
  }

  #listen() {
    let chained = 0;
    this.socket.on("tick", (source, n) => this.#tick(source, n));
    this.socket.on("ask", (n, answer) => {
      this.asked++;
      answer(n + 1);
    });
    // The host joins it to the room, says a number, takes it out and says one that must not come.
    this.socket.on("visit", (inside) => (inside ? this.visits++ : this.fault("heard a room that it had left")));
    this.socket.on("chained", (n) => (chained = n));
    this.socket.on("disconnect", (reason) => {
      this.ended = reason;
      if (!this.leaving) this.fault(`was disconnected: ${reason}`);
    });
    this.chained = () => chained;
  }

  #tick(source, n) {
    const last = this.heard.get(source);
    const first = this.keeper ? 1 : n;
    const wanted = last === undefined ? first : last + 1;
    if (n !== wanted) this.fault(`heard ${n} of ${source} in the place of ${wanted}`);
    this.heard.set(source, n);
  }

  /** Sends one event after the other, whether the one before was acknowledged or not. */
  begin() {
    this.timer = setInterval(() => this.#send(), pace);
  }

  #send() {
    const n = ++this.sent;
    const event = ["double", "later", "chain"][n % 3];
    this.socket.emit(event, n, (value) => {
      this.acked++;
      if (value !== 2 * n) this.fault(`${event} ${n} was acknowledged with ${JSON.stringify(value)}`);
      if (event === "chain" && this.chained() !== n) this.fault(`the ack of ${n} came before what was emitted before it`);
    });
  }

  /** Sends no more, and resolves when everything is acknowledged. */
  async rest() {
    clearInterval(this.timer);
    while (this.acked < this.sent && this.ended === undefined) await pause(5);
  }

  leave() {
    clearInterval(this.timer);
    this.leaving = true;
    this.socket.disconnect();
  }
}

/** Guests who come and go, one after the other, until they are told to rest. */
export class Door {
  guests = 0;
  sent = 0;
  acked = 0;
  abandoned = 0; // sent by guests who did not wait for the answers

  constructor(url, fault) {
    Object.assign(this, { url, fault });
  }

  begin(index) {
    this.resting = false;
    this.done = this.#receive(index).catch((error) => this.fault(error.message));
  }

  async rest() {
    this.resting = true;
    await this.done;
  }

  async #receive(index) {
    while (!this.resting) {
      const guest = await Visitor.open(this.url, index + this.guests++, { keeper: false, fault: this.fault });
      guest.begin();
      await pause(shortest + Math.random() * (longest - shortest));
      // Every second one closes its window in the middle of everything.
      const waits = this.guests % 2 === 0;
      if (waits) await guest.rest();
      guest.leave();
      this.sent += guest.sent;
      this.acked += guest.acked;
      if (waits && guest.acked !== guest.sent) this.fault(`${guest.name}: ${guest.sent} sent, ${guest.acked} acknowledged`);
      this.abandoned += guest.sent - guest.acked;
    }
  }
}
