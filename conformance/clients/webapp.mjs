// A web server with two workers that are the app's handlers, behind a sidecar: what a deploy looks like.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";

import { end, environment, House, python, root, start } from "./house.mjs";

const folder = path.join(root, "conformance/app");

/** How to start each server on a Unix socket, and the signals by which it replaces its workers. */
export const servers = {
  "gunicorn, preloaded": {
    command: (socket) => [python, "-m", "gunicorn", "--preload", "--workers", "2", "--threads", "4", "--bind", `unix:${socket}`,
      "--chdir", folder, "wsgi:application"],
    env: { PYTHONPATH: path.join(root, "bindings/python/src") },
    restart: "SIGHUP",
  },
  "puma, preloaded": {
    command: (socket) => puma(socket, "--preload"),
    env: { RUBYLIB: path.join(root, "bindings/ruby/lib") },
    restart: "SIGUSR2", // it cannot do a phased restart with the app in its master
  },
  "puma, phased": {
    command: (socket) => puma(socket),
    env: { RUBYLIB: path.join(root, "bindings/ruby/lib") },
    restart: "SIGUSR1",
  },
};

function puma(socket, ...options) {
  return ["puma", "--workers", "2", "--threads", "4:4", "--environment", "production", "--bind", `unix://${socket}`, ...options,
    path.join(folder, "rack/config.ru")];
}

function children(pid) {
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
  static async open(name) {
    const app = new WebApp();
    app.server = servers[name];
    app.house = await House.open({ app: false, upstream: "unix:{directory}/web.sock" });
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
    this.master = await start(command(socket), {
      cwd: this.house.directory,
      env: { ...environment, ...env, REALTIME_SOCKET: this.house.socket, REALTIME_ENV: "test" },
    });
    this.house.app = this.master; // for the log, and to be ended with the house
    await this.house.until(() => this.house.workersSeen() >= before + 2, "both workers", 30000);
    await (await fetch(this.house.url)).text();
  }

  workers() {
    return children(this.master.child.pid);
  }

  /** Kills one worker and waits until its successor serves. */
  async killWorker() {
    const before = this.house.workersSeen();
    kill(this.workers()[0]);
    await this.house.until(() => this.house.workersSeen() > before, "a new worker", 30000);
  }

  /** Replaces all workers as a deploy would, and waits until the old ones are gone. */
  async restart() {
    const [seen, old] = [this.house.workersSeen(), this.workers()];
    this.master.child.kill(this.server.restart);
    await this.house.until(() => this.house.workersSeen() >= seen + 2, "both new workers", 30000);
    await this.house.until(() => !this.workers().some((pid) => old.includes(pid)), "the end of the old workers", 30000);
  }

  /** Kills the master and its workers at once. */
  async kill() {
    const { child } = this.master;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    const workers = this.workers();
    kill(child.pid);
    for (const pid of workers) kill(pid);
    await gone;
  }

  async close() {
    if (this.master) await this.kill();
    await end(this.house.sidecar);
    await this.house.close();
  }
}
