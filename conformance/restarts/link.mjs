// The app link, as far as asking the sidecar for its counters needs it. docs/protocol/rpc.md describes it.

import { once } from "node:events";
import { connect } from "node:net";

const header = 4; // bytes that say how long a frame is
const [request, response] = [0, 1]; // how a frame begins

// [0, 0, "hello", [{protocol: [1, 1], role: "admin"}]] and [0, id, "stats", [{}]]
const hello = Buffer.from("940000a568656c6c6f9182a870726f746f636f6c920101a4726f6c65a561646d696e", "hex");
const stats = (id) => Buffer.from(`9400${id.toString(16).padStart(2, "0")}a573746174739180`, "hex");
const ids = 127; // that are one byte; so many may be under way at once

/** A connection that asks again and again: one for each look would be most of the work of a look. */
export class Overseer {
  #asked = new Map(); // id → who waits for that answer
  #count = 0;

  /** `path` is the sidecar's socket. */
  static async open(path) {
    const overseer = new Overseer();
    overseer.socket = connect(path);
    await once(overseer.socket, "connect");
    send(overseer.socket, hello);
    overseer.#listen().catch((error) => overseer.#end(error));
    return overseer;
  }

  /** Resolves to the counters by name: docs/protocol/rpc.md, stats. */
  counters() {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const id = 1 + (this.#count++ % ids);
      this.#asked.set(id, { resolve, reject });
      send(this.socket, stats(id));
    });
  }

  close() {
    this.socket.destroy();
  }

  async #listen() {
    for await (const [kind, id, what, result] of frames(this.socket)) {
      if (kind === request && what === "ping") send(this.socket, pong(id));
      if (kind !== response || id === 0) continue; // 0 is the hello
      const { resolve, reject } = this.#asked.get(id);
      this.#asked.delete(id);
      if (what) reject(new Error(`${what.code}: ${what.message}`));
      else resolve(result);
    }
    throw new Error("the sidecar ended the connection without an answer");
  }

  #end(error) {
    this.ended = error;
    for (const { reject } of this.#asked.values()) reject(error);
  }
}

/** The counters, asked for once. */
export async function counters(path) {
  const overseer = await Overseer.open(path);
  try {
    return await overseer.counters();
  } finally {
    overseer.close();
  }
}

function send(socket, body) {
  const size = Buffer.alloc(header);
  size.writeUInt32BE(body.length);
  socket.write(Buffer.concat([size, body]));
}

/** [1, id, nil, {}] */
function pong(id) {
  const body = Buffer.from("9401ce00000000c080", "hex");
  body.writeUInt32BE(id, 3);
  return body;
}

async function* frames(socket) {
  let bytes = Buffer.alloc(0);
  for await (const piece of socket) {
    bytes = Buffer.concat([bytes, piece]);
    while (bytes.length >= header && bytes.length >= header + bytes.readUInt32BE()) {
      const end = header + bytes.readUInt32BE();
      yield read(bytes.subarray(header, end));
      bytes = bytes.subarray(end);
    }
  }
}

/** Reads the MessagePack values that these answers have: nil, bool, whole numbers, text, list, map. */
function read(bytes) {
  let at = 0;
  const take = (count) => bytes.subarray(at, (at += count));
  const text = (length) => take(length).toString();
  const list = (length) => Array.from({ length }, value);
  const map = (length) => Object.fromEntries(Array.from({ length }, () => [value(), value()]));

  function value() {
    const type = take(1)[0];
    if (type < 0x80) return type;
    if (type < 0x90) return map(type & 0x0f);
    if (type < 0xa0) return list(type & 0x0f);
    if (type < 0xc0) return text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    if (type in forms) return forms[type]();
    throw new Error(`a value of type 0x${type.toString(16)} is not read here`);
  }

  const forms = {
    0xc0: () => null,
    0xc2: () => false,
    0xc3: () => true,
    0xcc: () => take(1).readUInt8(),
    0xcd: () => take(2).readUInt16BE(),
    0xce: () => take(4).readUInt32BE(),
    0xcf: () => Number(take(8).readBigUInt64BE()),
    0xd0: () => take(1).readInt8(),
    0xd1: () => take(2).readInt16BE(),
    0xd2: () => take(4).readInt32BE(),
    0xd3: () => Number(take(8).readBigInt64BE()),
    0xd9: () => text(take(1)[0]),
    0xda: () => text(take(2).readUInt16BE()),
    0xdc: () => list(take(2).readUInt16BE()),
    0xde: () => map(take(2).readUInt16BE()),
  };
  return value();
}
