// A web server with two workers that are the app's handlers, behind a sidecar: what a deploy looks like.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";

import { end, environment, House, python, root, start } from "./house.mjs";

const patience = 120000; // ms for a server's workers to come or to go, on a machine that is busy

/** How to start each server on a Unix socket, and the signals by which it replaces its workers. */
export const servers = {
  "gunicorn, preloaded": {
    command: (socket, folder) => gunicorn(socket, folder, "--preload"),
    env: { PYTHONPATH: path.join(root, "bindings/python/src") },
    restart: "SIGHUP",
  },
  "gunicorn": {
    command: (socket, folder) => gunicorn(socket, folder),
    env: { PYTHONPATH: path.join(root, "bindings/python/src") },
    restart: "SIGHUP",
  },
  "puma, preloaded": {
    command: (socket, folder) => puma(socket, folder, "--preload"),
    env: { RUBYLIB: path.join(root, "bindings/ruby/lib") },
    restart: "SIGUSR2", // it cannot do a phased restart with the app in its master
  },
  "puma, phased": {
    command: (socket, folder) => puma(socket, folder),
    env: { RUBYLIB: path.join(root, "bindings/ruby/lib") },
    restart: "SIGUSR1",
  },
};

function gunicorn(socket, folder, ...options) {
  return [python, "-m", "gunicorn", ...options, "--workers", "2", "--threads", "4", "--bind", `unix:${socket}`,
    "--chdir", folder, "wsgi:application"];
}

function puma(socket, folder, ...options) {
  return ["puma", "--workers", "2", "--threads", "4:4", "--environment", "production", "--bind", `unix://${socket}`, ...options,
    "--config", path.join(root, "conformance/restarts/app/rack/puma.rb"), path.join(folder, "rack/config.ru")];
}

/** The processes that a process has forked and that still run. */
export function children(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // it was faster
  }
}

/** A House whose app is one of the servers. */
export class WebApp {
  /** `folder` has wsgi.py and rack/config.ru; `env` is for the app's processes. */
  static async open(name, { folder = path.join(root, "conformance/app"), env = {}, flags = [] } = {}) {
    const app = new WebApp();
    Object.assign(app, { server: servers[name], folder, env });
    app.house = await House.open({ app: false, upstream: "unix:{directory}/web.sock", flags });
    try {
      await app.start();
    } catch (error) {
      await app.close();
      throw error;
    }
    return app;
  }

  /** Starts the server and waits for both workers and a page. */
  async start() {
    const { command, env } = this.server;
    const before = this.house.workersSeen();
    const socket = path.join(this.house.directory, "web.sock");
    this.master = await start(command(socket, this.folder), {
      cwd: this.house.directory,
      env: { ...environment, ...env, REALTIME_SOCKET: this.house.socket, REALTIME_ENV: "test", ...this.env },
    });
    this.house.app = this.master; // for the log, and to be ended with the house
    await this.house.until(() => this.house.workersSeen() >= before + 2, "both workers", patience);
    await (await fetch(this.house.url)).text();
  }

  workers() {
    return children(this.master.child.pid);
  }

  /** Kills one worker and waits until its successor serves. Returns whom. */
  async killWorker() {
    const before = this.house.workersSeen();
    const [pid] = this.workers();
    kill(pid);
    await this.house.until(() => this.house.workersSeen() > before, "a new worker", patience);
    return [pid];
  }

  /** Replaces all workers as a deploy would, and waits until the old ones are gone. */
  async restart(signal = this.server.restart) {
    const [seen, old] = [this.house.workersSeen(), this.workers()];
    this.master.child.kill(signal);
    await this.house.until(() => this.house.workersSeen() >= seen + 2, "both new workers", patience);
    await this.house.until(() => !this.workers().some((pid) => old.includes(pid)), "the end of the old workers", patience);
  }

  /** Ends the master, which lets its workers finish, and waits for that. */
  async stop() {
    await end(this.master);
  }

  /** Kills the master and its workers at once. Returns whom. */
  async kill() {
    const { child } = this.master;
    if (child.exitCode !== null || child.signalCode !== null) return [];
    const gone = once(child, "exit");
    const workers = this.workers();
    kill(child.pid);
    for (const pid of workers) kill(pid);
    await gone;
    return workers;
  }

  async close() {
    if (this.master) await this.kill();
    await end(this.house.sidecar);
    await this.house.close();
  }
}
