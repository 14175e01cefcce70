// What a process has of memory, threads and descriptors while it works, and whether that stays so.

import { readFileSync, readdirSync } from "node:fs";

const minute = 60; // s that are compared: the first and the last
const warm = 10; // s in the beginning that do not count: caches fill, pools grow

/**
 * How much more the last minute may have than the first.
 * Threads and descriptors of forks, guests and servers beside come and go.
 */
const slack = { memory: 8 << 20, threads: 6, descriptors: 12 };
const resting = 6; // descriptors that may be left at rest: idle connections of those who poll, pipes of the languages
const growth = 1.1; // of memory: a heap that is searched all the time fills its holes late

export class Vitals {
  samples = []; // {at, memory, threads, descriptors}

  constructor(pid) {
    this.pid = pid;
    this.began = performance.now();
    this.before = this.#read();
  }

  take() {
    try {
      this.samples.push({ at: (performance.now() - this.began) / 1000, ...this.#read() });
    } catch (error) {
      if (!["ENOENT", "ESRCH", "EACCES"].includes(error.code)) throw error; // it has just ended: others find that
    }
  }

  /** At rest: those who stay are there and nobody else. */
  takeLast() {
    this.after = this.#read();
  }

  #read() {
    const status = readFileSync(`/proc/${this.pid}/status`, "latin1");
    const number = (name) => Number(status.match(new RegExp(`^${name}:\\s*(\\d+)`, "m"))[1]);
    const descriptors = readdirSync(`/proc/${this.pid}/fd`).length;
    return { memory: number("VmRSS") * 1024, threads: number("Threads"), descriptors };
  }

  /** Medians of memory and most of threads and descriptors, in a first and a last span of equal length. */
  spans() {
    const whole = this.samples.at(-1).at;
    const begin = Math.min(warm, whole / 5);
    const length = Math.min(minute, (whole - begin) / 2);
    return { first: this.#span(begin, begin + length), last: this.#span(whole - length, whole), length };
  }

  #span(from, to) {
    const part = this.samples.filter(({ at }) => at >= from && at <= to);
    const most = (key) => Math.max(...part.map((sample) => sample[key]));
    const memory = part.map((sample) => sample.memory).sort((a, b) => a - b)[part.length >> 1];
    return { memory, threads: most("threads"), descriptors: most("descriptors") };
  }

  /** Memory by the minute, if there were several: one that settles tells another story than one that climbs. */
  #minutes() {
    const count = Math.floor(this.samples.at(-1).at / minute);
    return Array.from({ length: count < 3 ? 0 : count }, (_, index) => this.#span(index * minute, (index + 1) * minute).memory);
  }

  /** What has grown, as text. Memory is not judged in a run too short for it to have settled. */
  faults() {
    const { first, last, length } = this.spans();
    const { before, after } = this;
    const grown = ["threads", "descriptors"].filter((key) => last[key] > first[key] + slack[key]);
    if (length >= minute && last.memory > first.memory * growth + slack.memory) grown.push("memory");
    const faults = grown.map((key) => `${key} grew from ${first[key]} to ${last[key]}`);
    if (after.descriptors > before.descriptors + resting) {
      faults.push(`descriptors: ${before.descriptors} before the work, ${after.descriptors} after it`);
    }
    return faults;
  }

  toString() {
    const { first, last } = this.spans();
    const { before, after } = this;
    const mebibytes = (bytes) => (bytes / (1 << 20)).toFixed(1);
    const minutes = this.#minutes().map(mebibytes).join(" ");
    return `memory ${mebibytes(first.memory)} → ${mebibytes(last.memory)} MiB${minutes && ` (by the minute ${minutes})`}, ` +
      `threads ${first.threads} → ${last.threads}, descriptors ${first.descriptors} → ${last.descriptors} ` +
      `(at rest ${before.descriptors} → ${after.descriptors})`;
  }
}
