// The server inside Ruby and inside Python, for minutes, under everything that a host may do. Every number is counted.
//
//	node soak.mjs [LANGUAGE…]      NATIVE_SECONDS=6 is how long; both languages at once by default
//
// The last line is "ok: …" with the sums, or FAIL and why.

import { performance } from "node:perf_hooks";

import { faultsOf } from "./account.mjs";
import { Host } from "./host.mjs";
import { Vitals } from "./vitals.mjs";
import { Door, pause, Visitor } from "./visitors.mjs";

const seconds = Number(process.env.NATIVE_SECONDS ?? 6); // the rarest, a fork, happens twice then
const keepers = 4;
const doors = 2;
const signalled = 50; // ms between two signals to the host
const sampled = 500; // ms between two looks at it
const patience = 60; // s for what is under way to end, on a machine that is busy

class Soak {
  faults = [];

  constructor(language) {
    this.language = language;
    this.fault = (text) => this.faults.length < 20 && this.faults.push(text);
  }

  /** Runs it and resolves to the line that says how it went. */
  async run() {
    this.host = await Host.open(this.language);
    try {
      const { url } = this.host;
      this.visitors = await Promise.all(
        Array.from({ length: keepers }, (_, index) => Visitor.open(url, index, { keeper: true, fault: this.fault })),
      );
      this.doors = Array.from({ length: doors }, () => new Door(url, this.fault));
      await this.#work();
      await this.#rest();
      await this.#stop();
    } finally {
      await this.host.close();
    }
    this.faults.push(...faultsOf(this), ...this.vitals.faults());
    return this.#line();
  }

  async #work() {
    this.vitals = new Vitals(this.host.child.pid);
    this.host.tell("work");
    this.visitors.forEach((visitor) => visitor.begin());
    this.doors.forEach((door, index) => door.begin(index * 7));
    const look = setInterval(() => this.vitals.take(), sampled);
    let signals = 0;
    const signal = setInterval(() => this.host.signal(signals++ % 2 ? "SIGUSR1" : "SIGUSR2"), signalled);
    await Promise.race([pause(seconds * 1000), this.host.ended]);
    clearInterval(signal);
    clearInterval(look);
  }

  /** Everybody says no more, and hears what was said. */
  async #rest() {
    await this.#within(Promise.all(this.doors.map((door) => door.rest())), "guests to leave");
    await this.#within(Promise.all(this.visitors.map((visitor) => visitor.rest())), "acknowledgements");
    this.host.tell("rest");
    this.rested = await this.#within(this.host.says("rested"), "the host's threads to end");
    const ends = Object.entries(this.rested.ticks);
    const heard = ({ heard }) => ends.every(([source, last]) => (heard.get(source) ?? 0) >= last);
    await this.#while(() => !this.visitors.every(heard));
    this.vitals.takeLast();
  }

  /** By TERM: the host's own handler must run. */
  async #stop() {
    this.visitors.forEach((visitor) => (visitor.leaving = true));
    this.host.signal("SIGTERM");
    this.sums = await this.#within(this.host.says("sums"), "the host's sums");
    const [code, signal] = await this.#within(this.host.ended, "the host's end");
    if (code !== 0) this.fault(`the host ended with ${code ?? signal}`);
    await this.#while(() => this.visitors.some(({ ended }) => ended === undefined));
    this.visitors.forEach((visitor) => visitor.ended ?? this.fault(`${visitor.name}: was not sent away`));
    this.visitors.forEach((visitor) => visitor.leave());
  }

  /** Waits as long as a condition holds, but not for ever. */
  async #while(condition) {
    const deadline = performance.now() + patience * 1000;
    while (condition() && performance.now() < deadline) await pause(20);
  }

  async #within(promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`waited in vain for ${what}:\n${this.host.log.join("\n")}`)), patience * 1000);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  #line() {
    const { sums, rested } = this;
    const ticks = Object.values(rested.ticks).reduce((sum, n) => sum + n, 0);
    const told = [
      `${ticks} emits from ${Object.keys(rested.ticks).length} sources to ${keepers} who stayed and ${sums.connects - keepers} who came and went`,
      `${sums.events} events, ${sums.answers} answers to ${sums.calls} calls, ${sums.visits} visits, ${sums.questions} questions`,
      `${sums.servers} servers and ${sums.connections} connections beside, ${sums.forks} forks`,
      `signals ${Object.entries(sums.signals).map(([name, n]) => `${name} ${n}`).join(" ")}, ${sums.collections} collections`,
      String(this.vitals),
    ];
    return this.faults.length === 0
      ? `${this.language}: ${told.join("; ")}`
      : `FAIL: ${this.language}: ${this.faults.join("\n")}\n${told.join("\n")}\n${this.host.log.join("\n")}`;
  }
}

const languages = process.argv.length > 2 ? process.argv.slice(2) : ["ruby", "python"];
const lines = await Promise.all(
  languages.map((language) => new Soak(language).run().catch((error) => `FAIL: ${language}: ${error.stack}`)),
);
lines.forEach((line) => console.log(line));
const failed = lines.filter((line) => line.startsWith("FAIL"));
console.log(failed.length === 0 ? `ok: ${languages.join(" and ")}, ${seconds} s with the server inside: everything adds up` : `FAIL: ${failed.length} of ${lines.length}`);
process.exitCode = failed.length === 0 ? 0 : 1;
