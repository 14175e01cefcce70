// A web app under load, what is done to it, and the balance of that.

import assert from "node:assert/strict";
import { once } from "node:events";
import path from "node:path";

import { end, environment, root } from "../clients/house.mjs";
import { WebApp } from "../clients/webapp.mjs";
import { account } from "./account.mjs";
import { Journal } from "./journal.mjs";
import { folder, languages } from "./languages.mjs";
import { Overseer } from "./link.mjs";
import { Counter, Visitor } from "./load.mjs";

// A hundred events a second, of which four are in handlers at any time: who is killed has some of them in hand.
// More would prove no more, and everybody hears every tick.
const crowd = 20; // clients, each kind of load.mjs twice
export const visitors = 4;
const patience = 120000; // ms until everything that is under way must have come to its end
const flags = ["--max-waiting-age", "10m", "--hold-timeout", "1m", // however long the app takes to start
  "--log-level", "info"]; // a line for each event would be more work than the event
const warm = 500; // ms of load before and after a disturbance: each client sends twice

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A process beside the web server: a job. */
export class Job {
  static async open(trial) {
    const { script, env } = languages[trial.language];
    const job = new Job();
    job.process = await trial.nursery.start(script("job"), {
      cwd: trial.house.directory,
      env: { ...environment, ...env, ...trial.env, REALTIME_SOCKET: trial.house.socket },
    });
    await trial.until(() => trial.journal.refresh().findLast(({ what, pid }) => what === "tick" && pid === job.pid), "a job");
    return job;
  }

  get pid() {
    return this.process.child.pid;
  }

  async end(signal) {
    const gone = once(this.process.child, "exit");
    await end(this.process, signal);
    if (signal !== "SIGKILL") assert.equal((await gone)[0], 0, this.process.log.join("\n"));
  }
}

export class Trial {
  killed = new Set(); // pids
  heard = { ticks: 0, ticksLost: 0 }; // until the last balance

  /** `server` is one of webapp.mjs, `nurseries` are those of each language. */
  static async open(server, nurseries, { redeliver = 0 } = {}) {
    const trial = new Trial();
    trial.redeliver = redeliver;
    trial.language = server.startsWith("puma") ? "ruby" : "python";
    trial.nursery = nurseries[trial.language];
    trial.env = { REALTIME_HANDLER_THREADS: "4", REALTIME_REDELIVER: String(redeliver) };
    const place = path.join(root, "tmp", "restarts", `${process.pid}-${performance.now()}.jsonl`);
    trial.journal = new Journal(place);
    trial.env.JOURNAL = place;
    trial.web = await WebApp.open(server, { folder, env: trial.env, flags });
    try {
      trial.house = trial.web.house;
      trial.overseer = await Overseer.open(trial.house.socket);
      trial.clients = Array.from({ length: crowd }, (_, i) => new Counter(trial.house.url, i));
      await Promise.all(trial.clients.map((client) => client.arrival()));
      trial.visitors = Array.from({ length: visitors }, () => new Visitor(trial.house.url));
    } catch (error) {
      await trial.close();
      throw error;
    }
    return trial;
  }

  async close() {
    for (const client of this.clients ?? []) client.close();
    this.overseer?.close();
    if (this.job) await this.job.end("SIGKILL");
    await this.web.close();
    this.journal.remove();
  }

  /**
   * Does something to the app while everybody is busy, so often, and returns the balance of it all.
   * `action` is given this trial and resolves to the pids that it killed, if any, once the app is whole again.
   */
  async disturb(what, times, action) {
    const before = await this.#stand();
    this.job = await Job.open(this);
    this.begin();
    for (const visitor of this.visitors) visitor.begin();
    await pause(warm);
    for (let i = 0; i < times; i++) {
      for (const pid of (await action(this)) ?? []) this.killed.add(pid);
      await this.#nextJob(i % 2 ? "SIGKILL" : "SIGTERM");
      await pause(warm);
    }
    return this.#balance(what, times, before);
  }

  /** The clients send. */
  begin() {
    for (const [i, client] of this.clients.entries()) client.begin(i / crowd);
  }

  /** Resolves when a worker is in the middle of a handler, which is when its end costs something. */
  async busy() {
    const [pid] = this.web.workers();
    const noted = (word) => this.journal.refresh().filter((entry) => entry.pid === pid && entry.what === word).length;
    await this.until(() => noted("begin") > noted("end"), "a worker at work");
  }

  /** Jobs come and go beside the app, one in order, the next killed. */
  async #nextJob(signal) {
    if (signal === "SIGKILL") this.killed.add(this.job.pid);
    await this.job.end(signal);
    this.job = await Job.open(this);
  }

  async #stand() {
    return {
      sent: this.clients.map(({ sent }) => sent),
      visits: this.visitors.map(({ visits }) => visits.length),
      counters: await this.#quiet(),
    };
  }

  async #balance(what, times, before) {
    const now = await this.#rest();
    const { row, faults } = account({
      clients: this.clients.map((client, i) => Object.assign(Object.create(client), { from: before.sent[i] })),
      entries: this.journal.refresh(),
      killed: this.killed,
      before: before.counters,
      now,
      visits: this.visitors.flatMap(({ visits }, i) => visits.slice(before.visits[i])),
      redeliver: this.redeliver,
    });
    const { ticks, ticksLost } = this.heard;
    this.heard = row;
    return { what, times, ...row, ticks: row.ticks - ticks, ticksLost: row.ticksLost - ticksLost, faults };
  }

  /**
   * Ends the load and waits until everything under way has come to its end, and the clients have heard of it.
   * Returns the sidecar's counters in between.
   */
  async #rest() {
    for (const client of this.clients) client.rest();
    await Promise.all(this.visitors.map((visitor) => visitor.rest()));
    await this.job.end("SIGTERM");
    const now = await this.#quiet();
    // What the sidecar has sent is on its way: a round trip behind it has seen it all.
    await Promise.all(this.clients.map((client) => client.drain()));
    return now;
  }

  /** The sidecar's counters once nothing is under way: it counts an acknowledgement right after it has sent it. */
  async #quiet() {
    let now;
    await this.until(async () => {
      now = await this.overseer.counters();
      return now.lanes === 0 && now.unanswered === 0;
    }, "the end of what is under way");
    return now;
  }

  async until(condition, what) {
    const deadline = performance.now() + patience;
    while (!(await condition())) {
      assert.ok(performance.now() < deadline, `waited in vain for ${what}:\n${this.house.sidecar.log.slice(-20).join("\n")}`);
      await pause(20);
    }
  }
}
