// Does the balance notice what must not be?

import assert from "node:assert/strict";
import { test } from "node:test";

import { faultsOf } from "./account.mjs";
import { Vitals } from "./vitals.mjs";

/** A soak in which all is well. */
function soak() {
  const ticks = { "emit 1": 100, "child 1": 20 };
  const keeper = (name) => ({ name, heard: new Map(Object.entries(ticks)), sent: 30, acked: 30, asked: 5, visits: 4 });
  return {
    visitors: [keeper("first"), keeper("second")],
    doors: [{ guests: 3, sent: 40, acked: 37, abandoned: 3 }],
    rested: { ticks },
    sums: {
      faults: [], events: 98, calls: 5, answers: 10, visits: 8, questions: 2, connects: 5, disconnects: 5,
      servers: 3, connections: 6, forks: 1, children: 1, collections: 2, signals: { USR1: 3, USR2: 3, CHLD: 1 },
    },
    host: { trouble: [] },
  };
}

test("what adds up has no fault", () => assert.deepEqual(faultsOf(soak()), []));

const wrongs = {
  "a client did not hear the last": ({ visitors }) => visitors[1].heard.set("emit 1", 99),
  "a client never heard a source": ({ visitors }) => visitors[0].heard.delete("child 1"),
  "a client heard a source that nobody is": ({ visitors }) => visitors[0].heard.set("child 2", 1),
  "an event of who stays was not acknowledged": ({ visitors }) => visitors[0].acked--,
  "an event was handled twice": ({ sums }) => (sums.events = 101),
  "an event that was waited for was not handled": ({ sums }) => (sums.events = 96),
  "a call was not answered by all": ({ sums }) => sums.answers--,
  "an answer came from nowhere": ({ visitors }) => visitors[0].asked--,
  "a word in a room was lost": ({ visitors }) => visitors[1].visits--,
  "a connect was asked twice": ({ sums }) => sums.connects++,
  "a disconnect was not told": ({ sums }) => sums.disconnects--,
  "a child did not end well": ({ sums }) => sums.children--,
  "a signal was never heard": ({ sums }) => delete sums.signals.USR2,
  "nothing was forked": ({ sums }) => (sums.forks = sums.children = 0),
  "a thread of the host found something": ({ sums }) => sums.faults.push("call 3 was answered []"),
  "the host's log has an error": ({ host }) => host.trouble.push("level=ERROR"),
};

for (const [what, wrong] of Object.entries(wrongs)) {
  test(what, () => {
    const story = soak();
    wrong(story);
    assert.notDeepEqual(faultsOf(story), []);
  });
}

/** Readings of ten minutes, of which `grown` says what there is at a second. */
function vitals(grown = () => ({})) {
  const vitals = new Vitals(process.pid);
  const reading = (at) => ({ at, memory: 50 << 20, threads: 25, descriptors: 30, ...grown(at) });
  vitals.samples = Array.from({ length: 1200 }, (_, index) => reading(index / 2));
  vitals.before = reading(0);
  vitals.after = reading(600);
  return vitals;
}

test("what stays as it was has no fault", () => assert.deepEqual(vitals().faults(), []));

const growths = {
  memory: (at) => ({ memory: (50 << 20) + at * (64 << 10) }),
  threads: (at) => ({ threads: 25 + Math.floor(at / 30) }),
  // In a short run they are few, and seen at rest.
  descriptors: (at) => ({ descriptors: 30 + Math.floor(at / 60) }),
};

for (const [what, grown] of Object.entries(growths)) {
  test(`growing ${what}: noticed`, () => {
    assert.match(vitals(grown).faults().join("\n"), new RegExp(what));
  });
}
