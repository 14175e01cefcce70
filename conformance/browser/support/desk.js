// Somebody at the counter of the Django example, who may give commands all day: see desk.py.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("desk.py", import.meta.url));

export class Desk {
  #process;
  #answers;

  constructor(python, folder, environment) {
    const env = { ...process.env, PYTHONPATH: folder, DJANGO_SETTINGS_MODULE: "board.settings", ...environment };
    this.#process = spawn(python, [PROGRAM], { cwd: folder, env, stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  // Runs a management command, after those before it.
  async command(...words) {
    this.#process.stdin.write(`${JSON.stringify(words)}\n`);
    const { value, done } = await this.#answers.next();
    const wrong = done ? "the desk has closed" : JSON.parse(value);
    if (wrong) throw new Error(`${words.join(" ")}: ${wrong}`);
  }

  async close() {
    const ended = once(this.#process, "exit");
    this.#process.stdin.end();
    await ended;
  }
}
