// Clients that speak Engine.IO revision 4 by hand, so that a test decides every byte. What they send and
// receive are Engine.IO packets: a string is written as it is, its type digit first; a Buffer is a binary
// message. Both kinds have the same methods; pings are answered and not shown unless asked for.

import WebSocket from "ws";

import { within } from "./within.mjs";

const separator = "\x1e";

/** A queue of what has arrived. Its end, too, arrives: next() throws then. */
class Inbox {
  #arrived = [];
  #waiting = [];
  #ended = null;

  put(value) {
    if (this.#waiting.length > 0) this.#waiting.shift().resolve(value);
    else this.#arrived.push(value);
  }

  end(why) {
    this.#ended ??= new Error(`the connection is closed: ${why}`);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }

  next() {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

class Client {
  inbox = new Inbox();
  showPings = false;

  arrived(packet) {
    if (packet !== "2") return this.inbox.put(packet);
    this.send("3");
    if (this.showPings) this.inbox.put(packet);
  }

  next() {
    return within(10000, "a packet", this.inbox.next());
  }

  /** Resolves when the server has closed the session. */
  async closed() {
    await within(10000, "the end of the session", this.gone);
  }

  async take(count) {
    const packets = [];
    while (packets.length < count) packets.push(await this.next());
    return packets;
  }

  /** Joins a namespace and returns the answer and what the app's connect hook emitted behind it. */
  async join(namespace = "/", auth = undefined) {
    const prefix = namespace === "/" ? "" : `${namespace},`;
    this.send(`40${prefix}${auth === undefined ? "" : JSON.stringify(auth)}`);
    return this.take(2);
  }
}

/** One WebSocket from the first byte on. */
export class WebSocketClient extends Client {
  static async open(url) {
    const client = new WebSocketClient();
    client.socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    client.socket.on("error", () => {}); // a close follows, and that is waited for
    client.gone = new Promise((resolve) => client.socket.once("close", resolve));
    client.gone.then((code) => client.inbox.end(`code ${code}`));
    client.socket.on("message", (data, binary) => client.arrived(binary ? data : data.toString()));
    client.handshake = JSON.parse((await client.next()).slice(1));
    return client;
  }

  send(...packets) {
    for (const packet of packets) this.socket.send(packet);
  }

  close() {
    this.socket.terminate();
  }
}

/** Long-polling: one GET at a time, and a POST for each call of send. */
export class PollingClient extends Client {
  #over = new AbortController();
  #posts = Promise.resolve();

  static async open(url) {
    const client = new PollingClient();
    client.url = `${url}/socket.io/?EIO=4&transport=polling`;
    const [open] = await client.#get();
    client.handshake = JSON.parse(open.slice(1));
    client.url += `&sid=${client.handshake.sid}`;
    client.gone = client.#poll();
    return client;
  }

  async #get() {
    const response = await fetch(this.url, { signal: this.#over.signal });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${body}`);
    return body.split(separator);
  }

  async #poll() {
    try {
      for (;;) {
        for (const packet of await this.#get()) {
          if (packet === "1") throw new Error("closed by the server");
          if (packet.startsWith("b")) this.arrived(Buffer.from(packet.slice(1), "base64"));
          else if (packet !== "6") this.arrived(packet);
        }
      }
    } catch (error) {
      this.inbox.end(error.message);
    }
  }

  send(...packets) {
    const body = packets.map((packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`)).join(separator);
    this.#posts = this.#posts
      .then(() => fetch(this.url, { method: "POST", body, signal: this.#over.signal }))
      .then((response) => response.text())
      .catch((error) => this.inbox.end(error.message));
  }

  close() {
    this.#over.abort();
  }
}
