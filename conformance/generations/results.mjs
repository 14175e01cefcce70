// What a suite has found out about clients, for docs/protocol/compat.md.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { inLibrary, root } from "../clients/ways.mjs";

/**
 * Where each suite leaves its file, tmp/compat/<name>.json: a list of {client, transport, feature, result, reason}. What
 * was found over the library has a folder of its own, since both may be found at once.
 */
export const folder = path.join(root, "tmp/compat", inLibrary ? "library" : "");

/**
 * One suite's cells. A cell that is noted several times is "ok" only if it was so each time; "n/a" is for what a
 * client cannot do, "fails" for the rest, and both have a reason. An "ok" may have one too: what to know about it.
 */
export class Results {
  #cells = new Map();

  constructor(name) {
    this.name = name;
  }

  /** Runs one case and notes how it ended. What `run` resolves to, if it is text, is the cell's reason. */
  async note({ client, transport }, feature, run) {
    try {
      this.#put(client, transport, feature, "ok", (await run()) || undefined);
    } catch (error) {
      this.#put(client, transport, feature, "fails", error.message.split("\n")[0]);
      throw error;
    }
  }

  lacks({ client, transport }, feature, reason) {
    this.#put(client, transport, feature, "n/a", reason);
  }

  #put(client, transport, feature, result, reason) {
    const key = [client, transport, feature].join("\n");
    if (this.#cells.get(key)?.result === "fails") return;
    this.#cells.set(key, { client, transport, feature, result, reason });
  }

  write() {
    mkdirSync(folder, { recursive: true });
    const lines = Array.from(this.#cells.values(), (cell) => JSON.stringify(cell));
    writeFileSync(path.join(folder, `${this.name}.json`), `[\n${lines.join(",\n")}\n]\n`);
  }
}
