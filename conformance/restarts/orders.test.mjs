// The processes of an app come, go and die in every order, old and new code side by side: who was let in?
// Each hook notes whom it was asked about before it answers, so that nobody can be in without that line.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Crew } from "./crew.mjs";
import { Errands, job } from "./errands.mjs";
import { Guest } from "./guests.mjs";
import { languages } from "./languages.mjs";
import { Counter } from "./load.mjs";
import { Nursery } from "./nursery.mjs";
import { permutations, tour } from "./walks.mjs";

const refusal = "no ticket";
const signals = ["SIGTERM", "SIGKILL"];

const members = {
  oldWeb: { name: "old web", script: "web", generation: "1", hook: true },
  newWeb: { name: "new web", script: "web", generation: "2", hook: true },
  newWork: { name: "new work", script: "work", generation: "2", hook: true },
  bareWork: { name: "bare work", script: "work", generation: "2", hook: false }, // has not loaded its hooks
  ancientWork: { name: "ancient work", script: "work", generation: "0", hook: false }, // of a time before there were any
};

/** Takes the steps of one walk, and lets guests knock before, during and after each. */
class Watch {
  guests = []; // those without an answer
  counts = { asked: 0, refused: 0, unasked: 0 };
  shown = false; // was the connect hook ever there?

  /** `open`: may guests come in as long as the hook was never there? */
  constructor(crew, open) {
    Object.assign(this, { crew, open });
  }

  /** Starts a member that does not run, or ends one that does. */
  async step(member, signal) {
    const starts = !this.crew.running.has(member);
    this.#knock(); // and is answered before it, after it or in the middle of it
    this.#forgive(starts ? [member] : []);
    if (starts) await this.crew.start(member);
    else await this.crew.end(member, signal);
    this.shown ||= member.hook === true;
    await this.#answers();

    const [guest] = this.#knock(); // when all is quiet
    this.#forgive([]);
    await this.#answers();
    const newest = this.crew.newest();
    if (newest) assert.equal(this.crew.asked(guest.id)[0].generation, newest, `asked of an old generation: ${this.#situation()}`);
  }

  close() {
    for (const guest of this.guests) guest.leave();
  }

  /** One with a ticket and one without. */
  #knock() {
    const guests = [true, false].map((valid) => new Guest(this.crew.house.url, valid));
    this.guests.push(...guests);
    return guests;
  }

  /** Notes who may come in unasked: those who wait while there is code, and none of it ever had the hook. */
  #forgive(starting) {
    const there = [...this.crew.handlers(), ...starting];
    if (!this.open || this.shown || !there.some(({ hook }) => hook === false)) return;
    for (const guest of this.guests) guest.forgiven = true;
  }

  /** Waits for the answers that guests can have now, and looks at them. */
  async #answers() {
    const due = this.crew.guards().length > 0 ? this.guests : this.guests.filter(({ forgiven }) => forgiven && this.#unguarded());
    await this.crew.until(() => due.every(({ state }) => state !== "waits"), `answers: ${this.#situation()}`);
    this.guests = this.guests.filter((guest) => {
      if (guest.state === "in") this.#checkIn(guest);
      if (guest.state === "refused") this.#checkRefused(guest);
      return guest.state === "waits";
    });
  }

  #unguarded() {
    return this.open && !this.shown && this.crew.handlers().length > 0;
  }

  #checkIn({ id, valid, forgiven }) {
    const asked = this.crew.asked(id);
    if (forgiven && asked.length === 0) {
      this.counts.unasked++;
      return;
    }
    assert.ok(asked.some(({ admitted }) => admitted), `in unasked, ${valid ? "with" : "without"} a ticket: ${this.#situation()}`);
    assert.ok(valid, `in without a ticket: ${this.#situation()}`);
    this.counts.asked++;
  }

  #checkRefused({ valid, reason }) {
    assert.deepEqual([valid, reason], [false, refusal], this.#situation());
    this.counts.refused++;
  }

  #situation() {
    return [...this.crew.running.keys()].map(({ name }) => name).join(", ") || "nobody is there";
  }
}

/** Starts the members in one order and ends them in another, in turns kindly and not. */
async function riseAndFall(crew, rise, fall, open) {
  const watch = new Watch(crew, open);
  try {
    for (const member of rise) await watch.step(member);
    for (const [i, member] of fall.entries()) await watch.step(member, signals[i % 2]);
  } finally {
    watch.close();
  }
  return watch.counts;
}

for (const language of Object.keys(languages)) {
  describe(`nobody gets in unasked, ${language}:`, { concurrency: 3 }, () => {
    let nursery;
    before(async () => {
      nursery = await Nursery.open(language);
    });
    after(() => nursery?.close());

    /** Opens a crew, and closes it whatever happens. */
    const withCrew = async (flags, use) => {
      const crew = await Crew.open(language, nursery, flags);
      try {
        await use(crew);
      } finally {
        await crew.close();
      }
    };

    it("in every order of the first start and the last end", async () => {
      const orders = permutations([members.ancientWork, members.newWork, job("1")]);
      const falls = orders.toReversed();
      for (const [i, rise] of orders.entries()) {
        await withCrew([], async (crew) => {
          const { asked, refused, unasked } = await riseAndFall(crew, rise, falls[i], true);
          const first = rise.indexOf(members.ancientWork) < rise.indexOf(members.newWork);
          assert.equal(unasked > 0, first, `${unasked} unasked`);
          assert.ok(asked > 0 && refused > 0);
        });
      }
    });

    it("with connect: ask not even before the hook was ever there", async () => {
      const orders = permutations([members.ancientWork, members.newWork]);
      for (const [i, rise] of orders.entries()) {
        await withCrew(["--connect", "ask"], async (crew) => {
          const { asked, refused, unasked } = await riseAndFall(crew, rise, orders[i], false);
          assert.equal(unasked, 0);
          assert.ok(asked > 0 && refused > 0);
        });
      }
    });

    it("when each process starts and ends beside all combinations of the others", () => withCrew([], async (crew) => {
      const watch = new Watch(crew, true);
      const errands = new Errands(crew);
      const ends = new Map(); // member → how often
      const witness = new Counter(crew.house.url, 0); // waits for the first step
      try {
        for (const [i, member] of tour([members.oldWeb, members.newWeb, members.newWork, members.bareWork]).entries()) {
          const count = ends.get(member) ?? 0;
          if (crew.running.has(member)) ends.set(member, count + 1);
          await watch.step(member, signals[count % 2]);
          await witness.arrival();
          if (i % 8 === 0) await errands.next();
        }
        await errands.end();
        await errands.heard(witness);
      } finally {
        witness.close();
        watch.close();
      }
      assert.equal(watch.counts.unasked, 0);
      assert.ok(watch.counts.asked >= 64, `${watch.counts.asked} were asked about`);
    }));
  });
}
