// Clients 0.9: one session, whose namespaces are endpoints. What a client says of itself stands in the handshake's
// query, whatever the endpoint.

import { createRequire } from "node:module";

import { Peer, queryOf, Refused } from "./peer.mjs";

const require = createRequire(import.meta.url);

export class ElderPeer extends Peer {
  static open(row, url, { namespace = "", claims = {} } = {}) {
    const io = require(row.package);
    const options = {
      "force new connection": true,
      "auto connect": false,
      "reconnection delay": 50,
      query: queryOf(claims),
    };
    const socket = io.connect(url + namespace, options);
    // As an option they would be merged into the list of all transports that this client has.
    socket.socket.options.transports = [...row.transports];
    const peer = new ElderPeer(socket);
    socket.socket.connect();
    return peer;
  }

  constructor(socket) {
    super(socket);
    this.ready = new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (reason) => reject(new Refused(reason)));
      socket.once("connect_failed", (reason) => reject(new Refused(reason)));
    });
    this.ready.catch(() => {}); // who waits for it hears of it
  }

  of(namespace) {
    return new ElderPeer(this.socket.of(namespace));
  }

  /** Text is a message of its own, anything else is "json". */
  send(value) {
    if (typeof value === "string") this.socket.send(value);
    else this.socket.json.send(value);
  }

  get session() {
    return this.socket.socket;
  }

  get id() {
    return this.session.sessionid;
  }

  get transport() {
    return this.session.transport.name;
  }

  /** The client shows no heartbeats, but each one, or on polling each poll, comes through here. */
  beats(count) {
    return this.counting(count, (beat) => {
      const { transport } = this.session;
      const name = transport.heartbeats() ? "onHeartbeat" : "get";
      const method = transport[name];
      transport[name] = () => {
        beat();
        return method.call(transport);
      };
    });
  }

  close() {
    this.session.options.reconnect = false;
    clearTimeout(this.session.reconnectionTimer);
    if (this.session.transport) this.session.disconnect(); // which it cannot before it has one
  }
}
