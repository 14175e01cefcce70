// The built binary with an app behind it, as `realtime run` starts them.

import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

export const BINARY = process.env.REALTIME_BIN ?? `${REPOSITORY}bin/realtime`;
const PATIENCE = 120_000; // ms until a line of the log must have come
const SHUTDOWN = 20_000; // ms from TERM to KILL
const GONE = ["ENOENT", "ESRCH"]; // what one hears of a process or a thread that has ended
const ENDED = "a connection of the app has ended";
const KEPT = 200; // lines of the log shown when something goes wrong

export class Sidecar {
  #process;
  #lines = [];
  #waiting = new Set();
  #ended;

  // Starts `realtime run` with a command in a folder, and waits until both listen.
  static run({ folder, command, environment }) {
    const options = ["--listen", "127.0.0.1:0", "--log-format", "json"];
    return Sidecar.started({ folder, program: [BINARY, "run", ...options, ...command], environment });
  }

  // The same with a program that becomes `realtime run` and listens on any port.
  static async started({ folder, program, environment }) {
    const sidecar = new Sidecar(folder, program, { REALTIME_LOG_FORMAT: "json", ...environment });
    const [listening] = await Promise.all([sidecar.line("listening"), sidecar.line("the app listens")]);
    sidecar.url = `http://${listening.address}`;
    return sidecar;
  }

  // The same with a program that is itself the server: the library is in it.
  static async within({ folder, program, environment }) {
    const sidecar = new Sidecar(folder, program, { REALTIME_LOG_FORMAT: "json", ...environment });
    sidecar.url = `http://${(await sidecar.line("listening")).address}`;
    return sidecar;
  }

  constructor(folder, [file, ...rest], environment) {
    this.#process = spawn(file, rest, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a process group of its own, so that nothing of it can outlive the test
    });
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => this.#hear(`not started: ${error.message}`));
      this.#process.once("close", resolve);
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#hear(line));
    }
  }

  // The sidecar's line with that message, the nth one since it started, as an object.
  line(message, nth = 1) {
    return this.#heard(() => this.#lines.filter((line) => line.msg === message)[nth - 1], `"${message}" (${nth})`);
  }

  // What a look at the lines gives, as soon as it gives something.
  #heard(found, what) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const value = found();
        if (!value) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(value);
      };
      const fail = (why) => {
        clearTimeout(timer);
        reject(new Error(`${what} did not come: ${why}\n${this.log()}`));
      };
      const timer = setTimeout(fail, PATIENCE, `waited ${PATIENCE} ms`);
      this.#ended.then(() => fail("the sidecar ended"));
      this.#waiting.add(look);
      look();
    });
  }

  // How often the app was started so far.
  get starts() {
    return this.#lines.filter((line) => line.msg === "the app starts").length;
  }

  // Kills the app's whole process tree at once, as the kernel does when memory is short, and waits until the sidecar knows:
  // what it gives a worker before that is lost with the worker. Its log is at debug.
  async killApp() {
    const { pid } = this.#lines.filter((line) => line.msg === "the app starts").at(-1);
    const handlers = this.#handlers("a process of the app has connected");
    const crashed = this.line("the app crashed; clients stay connected while it is started again");
    for (const each of tree(pid)) ifThere(() => process.kill(each, "SIGKILL"));
    await Promise.all([crashed, this.#heard(() => this.#handlers(ENDED) >= handlers, `${handlers} times "${ENDED}"`)]);
  }

  #handlers(message) {
    return this.#lines.filter((line) => line.msg === message && line.role === "handler").length;
  }

  log() {
    return this.#lines.slice(-KEPT).map((line) => line.text).join("\n");
  }

  // Ends it in order. May be called again.
  async stop() {
    const { pid } = this.#process;
    if (!pid) return;
    const kill = setTimeout(() => process.kill(-pid, "SIGKILL"), SHUTDOWN);
    this.#process.kill("SIGTERM");
    await this.#ended;
    clearTimeout(kill);
  }

  #hear(text) {
    this.#lines.push({ ...parse(text), text });
    for (const look of this.#waiting) look();
  }
}

// The app's own lines are no JSON, or not ours.
function parse(text) {
  try {
    return text.startsWith("{") ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}

// A process and all its descendants, it first, so that it starts no new ones.
function tree(pid) {
  const threads = ifThere(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const children = threads.flatMap((thread) => {
    const list = ifThere(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")) ?? "";
    return list.split(" ").filter(Boolean).map(Number);
  });
  return [pid, ...children.flatMap(tree)];
}

// What the function returns, or undefined: processes and threads may end while one looks at them.
function ifThere(look) {
  try {
    return look();
  } catch (error) {
    if (!GONE.includes(error.code)) throw error;
    return undefined;
  }
}
