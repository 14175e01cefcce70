// Clients 3.x and 4.x: Socket.IO revision 5 over Engine.IO revision 4.

import { createRequire } from "node:module";

import { Peer, Refused } from "./peer.mjs";

const require = createRequire(import.meta.url);

export class ModernPeer extends Peer {
  static open(row, url, { namespace = "", claims } = {}) {
    const { io } = require(row.package);
    const options = { transports: row.transports, forceNew: true, reconnectionDelay: 50, auth: claims };
    if (row.parser) options.parser = require(row.parser);
    return new ModernPeer(io(url + namespace, options));
  }

  constructor(socket) {
    super(socket);
    this.ready = new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      // A transport that fails is tried again, and says so with an error that has a type.
      socket.on("connect_error", (error) => error.type ?? reject(new Refused(error.message, error.data)));
    });
    this.ready.catch(() => {}); // who waits for it hears of it
  }

  of(namespace, claims) {
    return new ModernPeer(this.socket.io.socket(namespace, { auth: claims }));
  }

  get id() {
    return this.socket.id;
  }

  get transport() {
    return this.socket.io.engine.transport.name;
  }

  /** The server asks, the client answers. */
  beats(count) {
    return this.counting(count, (beat) => this.socket.io.engine.on("packet", ({ type }) => type === "ping" && beat()));
  }

  hearAll(listener) {
    this.socket.onAny(listener);
  }

  close() {
    this.socket.io.disconnect();
  }
}
