// A connection whose bytes the test decides: WebSockets from before the standard, and what the Flash player
// asks for before it opens any.

import { once } from "node:events";
import { connect } from "node:net";

import { within } from "../clients/within.mjs";

const PATIENCE = 10_000; // ms
const OPEN = Buffer.from([0]), SHUT = Buffer.from([0xff]), FAREWELL = Buffer.from([0xff, 0]);

export class Line {
  #arrived = Buffer.alloc(0);
  #look = () => {};

  static async to(port) {
    const line = new Line();
    line.socket = connect(port, "127.0.0.1");
    line.socket.on("data", (bytes) => {
      line.#arrived = Buffer.concat([line.#arrived, bytes]);
      line.#look();
    });
    line.socket.on("error", () => {}); // a close follows
    line.ended = once(line.socket, "close");
    await once(line.socket, "connect");
    return line;
  }

  write(...parts) {
    this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  }

  /** So many bytes. */
  read(count) {
    return this.#take(() => (this.#arrived.length >= count ? count : 0), `${count} bytes`);
  }

  /** All until these bytes, and they. */
  readThrough(bytes) {
    return this.#take(() => {
      const at = this.#arrived.indexOf(bytes);
      return at < 0 ? 0 : at + bytes.length;
    }, `${JSON.stringify(String(bytes))}`);
  }

  /** All until the other side closes. */
  async rest() {
    await within(PATIENCE, "the end", this.ended);
    return this.#arrived;
  }

  close() {
    this.socket.destroy();
  }

  /** An answer's first line and its headers, by lower-case names. */
  async head() {
    const [first, ...lines] = String(await this.readThrough("\r\n\r\n")).trimEnd().split("\r\n");
    return { first, ...Object.fromEntries(lines.map((line) => [line.split(": ")[0].toLowerCase(), line.slice(line.indexOf(": ") + 2)])) };
  }

  /** A text as the drafts hixie-75 and 76 write it, both ways. */
  say(text) {
    this.write(OPEN, text, SHUT);
  }

  async hear() {
    const frame = await this.readThrough(SHUT);
    if (frame[0] !== 0) throw new Error(`not the beginning of a text: ${frame.toString("hex")}`);
    return frame.subarray(1, -1).toString();
  }

  /** The goodbye of hixie-76; the other side answers and closes. */
  async part() {
    this.write(FAREWELL);
    return (await this.rest()).equals(FAREWELL);
  }

  #take(length, what) {
    const taken = new Promise((resolve, reject) => {
      this.#look = () => {
        const count = length();
        if (count === 0) return;
        this.#look = () => {};
        resolve(this.#arrived.subarray(0, count));
        this.#arrived = this.#arrived.subarray(count);
      };
      this.ended.then(() => reject(new Error(`closed before ${what} came: ${this.#arrived}`)));
      this.#look();
    });
    return within(PATIENCE, what, taken);
  }
}
