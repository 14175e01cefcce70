// The drivers of conformance/generations for clients that run elsewhere: what each family is told when it is
// refused is the same there, the rest is done by its host.

import { ModernPeer } from "../generations/drivers/v3v4.mjs";
import { ElderPeer } from "../generations/drivers/v09.mjs";
import { QueryPeer } from "../generations/drivers/v1v2.mjs";

/** The family's driver for rows that have a `host`. */
const elsewhere = (Family) => class extends Family {
  static open(row, url, { namespace = "/", claims = {} } = {}) {
    return new this(row.host.open({ url, namespace, claims, transport: row.way, ...row.options }));
  }

  of(namespace, claims = {}) {
    return new this.constructor(this.socket.host.open({ over: this.socket, namespace, claims }));
  }

  get id() {
    return this.socket.id;
  }

  get transport() {
    return this.socket.carrier;
  }

  send(...args) {
    this.socket.send(...args);
  }

  async beats(count) {
    await this.take(count, "beat");
  }

  hearAll(listener) {
    this.socket.onAny(listener);
  }

  close() {
    this.socket.close();
  }
};

export const RemoteElder = elsewhere(ElderPeer);
export const RemoteQuery = elsewhere(QueryPeer);
export const RemoteModern = elsewhere(ModernPeer);
