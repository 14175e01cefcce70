// Reads what the app's processes have noted: app/journal.rb, app/journal.py.

import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from "node:fs";
import path from "node:path";

export class Journal {
  #read = 0; // bytes
  #kinds = new Map(); // what → entries
  entries = [];

  constructor(place) {
    this.path = place;
    mkdirSync(path.dirname(place), { recursive: true });
    closeSync(openSync(place, "a"));
  }

  remove() {
    rmSync(this.path, { force: true });
  }

  /** Reads what has come since, and returns all of it. A line that is half written waits for the next time. */
  refresh() {
    const file = openSync(this.path, "r");
    try {
      const piece = Buffer.alloc(fstatSync(file).size - this.#read);
      readSync(file, piece, 0, piece.length, this.#read);
      const end = piece.lastIndexOf("\n") + 1;
      this.#read += end;
      for (const line of piece.subarray(0, end).toString().split("\n")) {
        if (line) this.#put(JSON.parse(line));
      }
    } finally {
      closeSync(file);
    }
    return this.entries;
  }

  /** All that has come of one kind. */
  noted(what) {
    this.refresh();
    return this.#kinds.get(what) ?? [];
  }

  #put(entry) {
    this.entries.push(entry);
    if (!this.#kinds.has(entry.what)) this.#kinds.set(entry.what, []);
    this.#kinds.get(entry.what).push(entry);
  }
}
