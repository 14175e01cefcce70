// Clients 1.x and 2.x: Socket.IO revision 4 over Engine.IO revision 3. Every client is in "/" without asking, and
// what it says of itself stands in a query: the handshake's for "/", and, since 1.5, one with each other namespace.

import { createRequire } from "node:module";

import { Peer, queryOf, Refused } from "./peer.mjs";

const require = createRequire(import.meta.url);

/** The app's words, or its data if it gave any: these clients are told one of the two. */
const refusal = (told) => (typeof told === "string" ? new Refused(told) : new Refused("", told));

export class QueryPeer extends Peer {
  static open(row, url, { namespace = "", claims = {} } = {}) {
    const io = require(row.package);
    const query = queryOf(claims);
    const options = { transports: row.transports, forceNew: true, reconnectionDelay: 50, query };
    return new QueryPeer(io(url + namespace, options));
  }

  constructor(socket) {
    super(socket);
    this.ready = new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => reject(error instanceof Error ? error : refusal(error)));
    });
    this.ready.catch(() => {}); // who waits for it hears of it
  }

  of(namespace, claims) {
    const query = claims && queryOf(claims);
    return new QueryPeer(this.socket.io.socket(namespace, { query }));
  }

  get id() {
    return this.socket.id;
  }

  get transport() {
    return this.socket.io.engine.transport.name;
  }

  /** The client asks, the server answers. */
  beats(count) {
    return this.counting(count, (beat) => this.socket.io.engine.on("packet", ({ type }) => type === "pong" && beat()));
  }

  close() {
    this.socket.io.disconnect();
  }
}
