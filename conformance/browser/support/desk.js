// Somebody at the counter of an example, who may give commands all day: a process beside those that serve, which
// would take longer to start than to do what it is told. See desk.py and desk.rb.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Desk {
  #process;
  #answers;

  constructor([file, ...args], folder, environment) {
    const env = { ...process.env, ...environment };
    this.#process = spawn(file, args, { cwd: folder, env, stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  // Does one thing, after those before it: what that is, its program knows.
  async command(order) {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#answers.next();
    const wrong = done ? "the desk has closed" : JSON.parse(value);
    if (wrong) throw new Error(`${order}: ${wrong}`);
  }

  async close() {
    const ended = once(this.#process, "exit");
    this.#process.stdin.end();
    await ended;
  }
}
