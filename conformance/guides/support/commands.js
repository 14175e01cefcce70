// Programs: those that run to their end, with what they print, and those that run beside the app.

import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

import { printed } from "./blocks.js";

const execute = promisify(execFile);
const PATIENCE = 300_000; // ms for a command, such as all tests of an app
const SHUTDOWN = 15_000; // ms from TERM to KILL

/** Runs a command and returns what it printed, both streams. Throws when it fails. */
export async function run([file, ...args], folder, environment) {
  try {
    const { stdout, stderr } = await execute(file, args, { cwd: folder, env: { ...process.env, ...environment }, timeout: PATIENCE });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${[file, ...args].join(" ")} failed: ${error.message}\n${error.stdout}\n${error.stderr}`, { cause: error });
  }
}

/** Compares what was printed with the guide's block of output, if it has one. */
export function check(output, expected) {
  if (!printed(output, expected)) throw new Error(`this was expected:\n${expected}\nand this was printed:\n${output}`);
}

/** A program that runs beside the app until it is stopped; may be started again. */
export class Beside {
  #command;
  #options;
  #process = null;
  #ended = null;
  #text = "";

  constructor(command, cwd, environment) {
    this.#command = command.split(" ");
    this.#options = { cwd, env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"], detached: true };
  }

  start() {
    if (this.#process) return;
    const [file, ...rest] = this.#command;
    this.#process = spawn(file, rest, this.#options);
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => resolve(this.#text += `not started: ${error.message}\n`));
      this.#process.once("close", resolve);
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.on("data", (text) => { this.#text += text; });
  }

  async stop() {
    const pid = this.#process?.pid;
    const kill = setTimeout(() => process.kill(-pid, "SIGKILL"), SHUTDOWN);
    this.#process?.kill("SIGTERM");
    await this.#ended;
    clearTimeout(kill);
    this.#process = null;
  }

  log() {
    return `--- ${this.#command.join(" ")}\n${this.#text}`;
  }
}
