// Processes of an app that are forked from one that has loaded what all of them load: app/nursery.rb, app/nursery.py.

import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";

import { environment, start } from "../clients/house.mjs";
import { languages } from "./languages.mjs";

/** One such process, to those who know it a ChildProcess. */
class Offspring extends EventEmitter {
  exitCode = null;
  signalCode = null;

  constructor(pid) {
    super();
    this.pid = pid;
  }

  kill(signal) {
    if (this.exitCode === null && this.signalCode === null) process.kill(this.pid, signal);
  }

  end(code, signal) {
    Object.assign(this, { exitCode: code, signalCode: signal });
    this.emit("exit", code, signal);
  }
}

export class Nursery {
  #births = new EventEmitter(); // by the number of the order
  #living = new Map(); // pid → Offspring
  #orders = 0;

  static async open(language) {
    const { nursery, env } = languages[language];
    const place = new Nursery();
    place.process = await start(nursery, { env: { ...environment, ...env } });
    const { child, log } = place.process;
    createInterface({ input: child.stdout }).on("line", (line) => place.#told(JSON.parse(line)));
    place.#births.on("error", () => {}); // also when nobody waits
    child.once("exit", () => place.#births.emit("error", new Error(`the nursery has ended:\n${log.join("\n")}`)));
    return place;
  }

  /** As house.mjs starts one, with the log of all who live here. `line` is one of languages.mjs. */
  async start(line, { cwd, env }) {
    const id = ++this.#orders;
    const birth = once(this.#births, String(id));
    this.process.child.stdin.write(`${JSON.stringify({ id, home: cwd, env, line })}\n`);
    const [child] = await birth;
    return { child, log: this.process.log };
  }

  /** Ends it, and all who live here. */
  async close() {
    const { child } = this.process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.stdin.end();
    await gone;
  }

  #told({ born, id, gone, code, signal }) {
    if (born) {
      this.#living.set(born, new Offspring(born));
      this.#births.emit(String(id), this.#living.get(born));
    } else {
      const child = this.#living.get(gone);
      this.#living.delete(gone);
      child.end(code, signal);
    }
  }
}
