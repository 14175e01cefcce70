// A sidecar and an app behind it, started for one test file and ended with it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const binary = process.env.REALTIME_BIN ?? path.join(root, "bin/realtime");
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
   * conformance/app's.
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
    const command = [sidecar, "serve", "--listen", `127.0.0.1:${house.port}`, "--upstream", where,
      "--socket", house.socket, "--log-level", "debug", ...flags];
    try {
      house.sidecar = await start(command, { cwd: house.directory, env: environment }, /msg=listening/);
      if (app) await house.startApp();
    } catch (error) {
      await house.close();
      throw error;
    }
    return house;
  }

  /** The app's log shows nothing until it serves, but the sidecar's does. */
  async startApp() {
    const { command, env } = apps[this.language];
    const before = this.workersSeen();
    this.app = await start([...command, this.program], {
      cwd: this.directory,
      env: { ...environment, ...env, REALTIME_SOCKET: this.socket, REALTIME_ENV: "test" },
    });
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
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setTimeout(resolve, 5));
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
    if (this.app) await end(this.app, "SIGKILL");
    if (this.sidecar) await end(this.sidecar);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
