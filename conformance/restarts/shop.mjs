// A shop whose work is done by jobs: redis, a sidecar, a desk that takes orders, and workers.

import { once } from "node:events";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

import { end, environment, House, python, root, start } from "../clients/house.mjs";
import { Journal } from "./journal.mjs";
import { folder } from "./languages.mjs";
import { pause } from "./trial.mjs";

const patience = 120000; // ms for everything that was ordered to be done

/**
 * The job runners: how to start a worker of each, and the desk that orders work from it. `again`: a worker that is
 * ended gives back what its processes have done but not reported, so that the next does it again.
 */
export const runners = {
  "Sidekiq and Active Job": {
    home: path.join(folder, "shop_rails"),
    worker: ["sidekiq", "--require", ".", "--concurrency", "4", "--environment", "production", "--queue", "default"],
    desk: ["ruby", "desk.rb"],
    env: ({ redis, database }) => ({
      RUBYLIB: path.join(root, "bindings/ruby/lib"),
      RAILS_ENV: "production",
      DATABASE_URL: `sqlite3:${database}?pool=10`,
      REDIS_URL: `unix://${redis}`,
    }),
  },
  "Celery's forked workers": {
    home: path.join(folder, "shop_django"),
    worker: [python, "-m", "celery", "--app", "shop.celery", "worker", "--pool", "prefork", "--concurrency", "3",
      "--loglevel", "warning", "--without-gossip", "--without-mingle"],
    desk: [python, "desk.py"],
    again: true,
    env: ({ redis, database }) => ({
      PYTHONPATH: [path.join(root, "bindings/python/src"), folder, path.join(folder, "shop_django")].join(":"),
      SHOP_DATABASE: database,
      REDIS_URL: `redis+socket://${redis}`,
      PYTHONUNBUFFERED: "1",
    }),
  },
};

export class Shop {
  static async open(name) {
    const shop = new Shop();
    shop.runner = runners[name];
    // Nobody takes events here: everyone may come in, and hears what the jobs say.
    shop.house = await House.open({ app: false, flags: ["--connect", "open"] });
    try {
      await shop.#furnish();
    } catch (error) {
      await shop.close();
      throw error;
    }
    return shop;
  }

  async #furnish() {
    const redis = path.join(this.house.directory, "redis.sock");
    const database = path.join(this.house.directory, "shop.sqlite3");
    const place = path.join(root, "tmp", "restarts", `${process.pid}-${performance.now()}.jsonl`);
    mkdirSync(path.dirname(place), { recursive: true });
    this.journal = new Journal(place);
    this.env = { ...environment, ...this.runner.env({ redis, database }), REALTIME_SOCKET: this.house.socket, JOURNAL: place };
    this.redis = await start(
      ["redis-server", "--port", "0", "--unixsocket", redis, "--dir", this.house.directory, "--save", "", "--appendonly", "no"],
      { env: environment }, /Ready to accept connections|accept connections at/);
    this.desk = await start(this.runner.desk, { cwd: this.runner.home, env: this.env }, /^open$/);
    this.answers = createInterface({ input: this.desk.child.stdout });
  }

  async close() {
    for (const each of [this.worker, this.desk, this.redis]) if (each) await end(each, "SIGKILL");
    await this.house.close();
    this.journal?.remove();
  }

  /** Orders `[[name, ...arguments], …]`. */
  async order(jobs) {
    await this.#ask(jobs);
  }

  /** The serial numbers that the database has. */
  async orders() {
    return (await this.#ask(null)).orders;
  }

  async #ask(question) {
    const answer = once(this.answers, "line");
    this.desk.child.stdin.write(`${JSON.stringify(question)}\n`);
    return JSON.parse((await answer)[0]);
  }

  async startWorker() {
    this.worker = await start(this.runner.worker, { cwd: this.runner.home, env: this.env });
  }

  /** Ends the worker as a deploy does: it finishes what it has begun. */
  async endWorker() {
    await end(this.worker, "SIGTERM");
  }

  /** The numbers of the jobs that are done, each as often as it was. */
  done() {
    return this.noted("done").map(({ serial }) => serial).sort((a, b) => a - b);
  }

  noted(word) {
    return this.journal.noted(word);
  }

  async until(condition, what) {
    const deadline = performance.now() + patience;
    while (!condition()) {
      const { exitCode } = this.worker?.child ?? {};
      if (exitCode || performance.now() > deadline) throw new Error(`waited in vain for ${what}:\n${this.worker?.log.slice(-30).join("\n")}`);
      await pause(10);
    }
  }
}
