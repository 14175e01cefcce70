// Jobs that follow each other beside everything else, and whether a client heard them.

import assert from "node:assert/strict";

/** A process that only emits, of one deploy or another: app/job.rb, app/job.py. */
export const job = (generation) => ({ name: `job of ${generation}`, script: "job", generation });

export class Errands {
  killed = new Set(); // pids

  constructor(crew) {
    this.crew = crew;
    this.count = 0;
  }

  /** The next takes the place of the one before, which is ended or killed, and has emitted once when this resolves. */
  async next() {
    await this.end(this.count % 2 ? "SIGKILL" : "SIGTERM");
    this.member = job(String(1 + (this.count++ % 2)));
    await this.crew.start(this.member);
    const { pid } = this;
    await this.crew.until(() => this.#emitted(pid) > 0, "a job");
  }

  async end(signal = "SIGTERM") {
    if (!this.member) return;
    if (signal === "SIGKILL") this.killed.add(this.pid);
    await this.crew.end(this.member, signal);
    this.member = undefined;
  }

  get pid() {
    return this.crew.running.get(this.member).child.pid;
  }

  #emitted(pid) {
    return this.#ticks().filter((tick) => tick.pid === pid).length;
  }

  #ticks() {
    return this.crew.journal.refresh().filter(({ what }) => what === "tick");
  }

  /**
   * Waits until a client that was there all the time has heard everything of those that were not killed, and
   * asserts that it has heard each from its first number on, without a gap.
   */
  async heard(client) {
    const pids = [...new Set(this.#ticks().map(({ pid }) => pid))];
    assert.equal(pids.length, this.count);
    const numbers = (pid) => client.ticks.get(pid) ?? [];
    const spared = pids.filter((pid) => !this.killed.has(pid));
    await this.crew.until(() => spared.every((pid) => numbers(pid).length >= this.#emitted(pid)), "all that jobs emitted");
    for (const pid of pids) {
      assert.deepEqual(numbers(pid), numbers(pid).map((_, i) => i + 1), `of ${pid}`);
      assert.ok(numbers(pid).length <= this.#emitted(pid), `${pid} was heard more often than it emitted`);
    }
    assert.deepEqual(client.disconnects, []);
  }
}
