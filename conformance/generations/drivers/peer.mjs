// What the clients of all generations have in common. A driver is a class for one family of them that makes
// it look like the others; the cases are written against this interface and know no generation.

import { within } from "../../clients/within.mjs";

const patience = 60000; // ms for anything that a client waits for, on a machine that is busy

/** The app has said no. `data` is what the client was told; generations before 3.x hear either words or data. */
export class Refused extends Error {
  constructor(message, data) {
    super(message);
    this.data = data;
  }
}

/** A query string; a space is %20, since old clients take a plus for a plus. */
export const queryOf = (values) => new URLSearchParams(values).toString().replaceAll("+", "%20");

/**
 * One client in one namespace. What a family must bring:
 *
 *   static open(row, url, options)  a new client with a session of its own, of a row of clients.mjs;
 *                   `options` are `namespace`, and `claims`: what it tells the app about itself, in the way of its
 *                   generation. It comes back by itself when its connection is cut.
 *   of(namespace, claims)  the same client in another namespace, over the same session
 *   ready           resolves when it is in for the first time, rejects with Refused
 *   id              what the client believes to be its id
 *   transport       what carries its session at the moment, by Socket.IO's name
 *   beats(count)    resolves after so many heartbeats
 *   hearAll(listener)  is told of every event; only where the row says `catchAll`
 *   close()         ends the session for good
 */
export class Peer {
  constructor(socket) {
    this.socket = socket;
  }

  /** Resolves when the client is in; its `ready` in limited time. */
  arrival() {
    return within(patience, "the way in", this.ready);
  }

  on(event, listener) {
    this.socket.on(event, listener);
    return this;
  }

  emit(event, ...args) {
    this.socket.emit(event, ...args);
  }

  send(...args) {
    this.socket.send(...args);
  }

  /** The arguments of the app's acknowledgement. */
  call(event, ...args) {
    const answer = new Promise((resolve) => this.socket.emit(event, ...args, (...values) => resolve(values)));
    return within(patience, `the acknowledgement of "${event}"`, answer);
  }

  /** The arguments of the next event of that name. */
  async next(event) {
    const [args] = await this.take(1, event);
    return args;
  }

  /** The arguments of the next so many events of that name. */
  take(count, event) {
    const taken = [];
    const enough = new Promise((resolve) => {
      const listener = (...args) => {
        taken.push(args);
        if (taken.length < count) return;
        this.socket.removeListener(event, listener);
        resolve(taken);
      };
      this.socket.on(event, listener);
    });
    return within(patience, `${count} × "${event}"`, enough);
  }

  /** Resolves after so many heartbeats; `subscribe` is given what to call at each. */
  counting(count, subscribe) {
    const enough = new Promise((resolve) => subscribe(() => --count === 0 && resolve()));
    return within(patience, `${count} heartbeats`, enough);
  }

  /** Leaves this namespace; the client's others go on. */
  leave() {
    this.socket.disconnect();
  }
}
