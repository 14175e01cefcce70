// A server and an app behind it, started for one test file and ended with it: a sidecar and a process of the
// app, or one process that is both (see ways.mjs). Tests know no difference but by `sidecarOnly`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { binary, inLibrary, library, root, variables } from "./ways.mjs";
import { within } from "./within.mjs";

export { root } from "./ways.mjs";
export const python = process.env.REALTIME_PYTHON ?? "python3";

/** Our environment without what would configure the product. */
export const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("REALTIME_")));

const apps = {
  python: {
    command: [python],
    program: path.join(root, "conformance/app/app.py"),
    env: { PYTHONPATH: path.join(root, "bindings/python/src") },
  },
  ruby: {
    command: ["ruby", "-I", path.join(root, "bindings/ruby/lib")],
    program: path.join(root, "conformance/app/app.rb"),
    env: {},
  },
};

/** The languages the tests run the app in. */
export const languages = Object.keys(apps);

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a process and resolves when a line of its output says that it is ready. */
export async function start(command, options, ready) {
  const child = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "pipe"], ...options });
  const log = [];
  const listening = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        if (ready?.test(line)) resolve();
      });
    }
    child.once("exit", (code, signal) => reject(new Error(`${command[0]} ended (${code ?? signal}):\n${log.join("\n")}`)));
    child.once("error", reject);
  });
  if (ready) await listening;
  else listening.catch(() => {});
  return { child, log };
}

const ended = ({ child }) => child.exitCode !== null || child.signalCode !== null;

export async function end({ child }, signal = "SIGTERM") {
  if (ended({ child })) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

export class House {
  /**
   * Opens one. `upstream` is the address of the app's web server, of which there is none by default;
   * without `app` no process of the app is started, and the caller brings its own. `program` is another one than
   * conformance/app's. `sidecar` is another build of the binary.
   *
   * Over the library a server is never without an app, nor of another build.
   */
  static async open({ language = "python", flags = [], app = true, program, upstream = "http://127.0.0.1:9", sidecar = binary } = {}) {
    const house = new House();
    house.directory = mkdtempSync(path.join(tmpdir(), "realtime-"));
    house.socket = path.join(house.directory, "realtime.sock");
    house.language = language;
    house.program = program ?? apps[language].program;
    house.port = await freePort();
    house.url = `http://127.0.0.1:${house.port}`;
    const where = upstream.replace("{directory}", house.directory);
    const options = ["--listen", `127.0.0.1:${house.port}`, "--upstream", where, "--socket", house.socket, "--log-level", "debug", ...flags];
    try {
      if (inLibrary) await house.#startBoth(options);
      else {
        house.sidecar = await start([sidecar, "serve", ...options], { cwd: house.directory, env: environment }, /msg=listening/);
        if (app) await house.startApp();
      }
    } catch (error) {
      await house.close();
      throw error;
    }
    return house;
  }

  /** Starts an app with the server inside; it is `app` and `sidecar`, with one log. */
  async #startBoth(options) {
    const settings = { ...variables(options), REALTIME_NATIVE: "1", REALTIME_LIBRARY: library };
    this.app = this.sidecar = await this.#spawnApp(settings, /msg=listening/);
    await this.#firstWorker(0);
  }

  /** The app's log shows nothing until it serves, but the sidecar's does. */
  async startApp() {
    const before = this.workersSeen();
    this.app = await this.#spawnApp({ REALTIME_SOCKET: this.socket });
    await this.#firstWorker(before);
  }

  #spawnApp(more, ready) {
    const { command, env } = apps[this.language];
    const options = { cwd: this.directory, env: { ...environment, ...env, REALTIME_ENV: "test", ...more } };
    return start([...command, this.program], options, ready);
  }

  async #firstWorker(before) {
    await this.until(() => this.workersSeen() > before || ended(this.app), "the app's worker");
    if (ended(this.app)) throw new Error(`the app has ended:\n${this.app.log.join("\n")}`);
  }

  /** How many processes have come that take events. */
  workersSeen() {
    return this.sidecar.log.filter((line) => /a process of the app has connected.*role=handler/.test(line)).length;
  }

  async until(condition, what, limit = 60000) {
    const deadline = Date.now() + limit;
    while (!condition()) {
      if (Date.now() > deadline) {
        throw new Error(`waited in vain for ${what}:\n${this.sidecar.log.slice(-20).join("\n")}\n${this.app?.log.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the app, and waits until the sidecar knows: what it gives a worker before that is lost with the worker. */
  async killApp() {
    const before = this.#workersLost();
    await end(this.app, "SIGKILL");
    await this.until(() => this.#workersLost() > before, "the end of the app's worker in the sidecar's log");
  }

  #workersLost() {
    return this.sidecar.log.filter((line) => /a connection of the app/.test(line) && /ended/.test(line)).length;
  }

  async close() {
    if (inLibrary) await this.#leaveTogether();
    else {
      if (this.app) await end(this.app, "SIGKILL");
      if (this.sidecar) await end(this.sidecar);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The app stops its server when its input ends. A fault of the library would show in how the process ends. */
  async #leaveTogether() {
    if (!this.app) return;
    const { child, log } = this.app;
    if (!ended(this.app)) {
      const gone = once(child, "exit");
      child.stdin.end();
      await within(30000, "the end of the app", gone).finally(() => child.kill("SIGKILL"));
    }
    if (child.exitCode !== 0) {
      throw new Error(`the app with the server inside has ended with ${child.exitCode ?? child.signalCode}:\n${log.slice(-50).join("\n")}`);
    }
  }
}
