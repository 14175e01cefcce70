// Does the balance notice what must not be? Each case takes a balance that is in order and breaks one thing.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { account } from "./account.mjs";

const names = ["events_given", "events_lost_with_worker", "events_dropped", "events_redelivered", "acks_sent", "handler_timeouts",
  "handler_failures", "answers_late", "emits_rejected", "connections_broken", "connects_abandoned", "disconnects_dropped"];

const run = (n, pid, attempt = 1) => ({ id: `e${n}`, socket: "s", n, pid, attempt });
const begin = (...of) => ({ what: "begin", ...run(...of) });
const end = (...of) => ({ what: "end", ...run(...of) });

/** Process 1 handled 1 and died with 2, process 2 handled 3; process 1 emitted a tick. */
function facts() {
  const none = Object.fromEntries(names.map((name) => [name, 0]));
  return {
    clients: [{
      id: "s", from: 0, sent: 3, acked: [1, 3], seen: [1, 3], ticks: new Map([[1, [1]]]), disconnects: [],
      acks: new Map([[1, { id: "e1", attempt: 1, after: 5 }], [3, { id: "e3", attempt: 1, after: 7.4 }]]),
    }],
    entries: [begin(1, 1), end(1, 1), { what: "tick", pid: 1, n: 1 }, begin(2, 1), begin(3, 2), end(3, 2)],
    killed: new Set([1]),
    before: none,
    now: { ...none, events_given: 3, events_lost_with_worker: 1, events_dropped: 1, acks_sent: 2 },
    visits: [{ status: 200, after: 3 }, { status: 503, retryAfter: "1", after: 9 }, { status: 503, retryAfter: null, after: 1 }, { status: 502, after: 1 }],
  };
}

/** The same with redelivery: process 2 was given 2 as well. */
function redelivered() {
  const all = facts();
  all.redeliver = 1;
  all.entries.splice(4, 0, begin(2, 2, 2), end(2, 2, 2));
  all.clients[0].acked = all.clients[0].seen = [1, 2, 3];
  all.clients[0].acks.set(2, { id: "e2", attempt: 2, after: 6 });
  Object.assign(all.now, { events_given: 4, events_lost_with_worker: 0, events_dropped: 0, events_redelivered: 1, acks_sent: 3 });
  return all;
}

describe("a balance", () => {
  it("adds up", () => {
    const { row, faults } = account(facts());
    assert.deepEqual(faults, []);
    assert.deepEqual(row, {
      sent: 3, acked: 2, unheard: 0, halved: 1, unread: 0, handled: 2, again: 0, ticks: 1, ticksLost: 0,
      pagesOk: 1, pagesPutOff: 1, pagesFailed: 2, pagePause: 9, pause: 7, disconnects: 0,
    });
  });

  it("adds up with redelivery", () => {
    const { row, faults } = account(redelivered());
    assert.deepEqual([faults, row.acked, row.handled, row.again], [[], 3, 3, 1]);
  });

  it("tells what was not read from what was not heard of", () => {
    const all = facts();
    all.entries.splice(3, 1);
    assert.deepEqual([account(all).row.unread, account(all).faults], [1, []]);
    all.entries.splice(3, 0, begin(2, 1), end(2, 1));
    assert.deepEqual([account(all).row.unheard, account(all).faults], [1, []]);
  });

  const broken = {
    "an event is lost in a process that lives": [(all) => all.killed.clear(), /nobody killed/],
    "an ack is lost though its process lives": [(all) => { all.entries.splice(4, 0, end(2, 1)); all.killed.clear(); }, /not acknowledged/],
    "an event is handled twice": [(all) => all.entries.push(begin(3, 2), end(3, 2)), /more than once|attempts/],
    "an ack comes for what was not handled": [(all) => all.clients[0].acks.set(2, { id: "e2", attempt: 1 }), /not by its last handler/],
    "the sidecar loses without counting": [(all) => { all.now.events_lost_with_worker = 0; }, /counts 0 events_lost_with_worker/],
    "the sidecar drops what it had not given": [(all) => { all.now.events_dropped = 2; }, /counts 2 events_dropped/],
    "the sidecar gives too often": [(all) => { all.now.events_given = 4; }, /counts 4 events_given/],
    "acks change places": [(all) => all.clients[0].acked.reverse(), /order: s acknowledged 1 after 3/],
    "emits change places": [(all) => all.clients[0].seen.reverse(), /order: s seen 1 after 3/],
    "an emit comes twice": [(all) => all.clients[0].seen.push(3), /order: s seen 3 after 3/],
    "two handlers of a socket overlap": [(all) => all.entries.splice(1, 0, begin(2, 2)), /order: s/],
    "handlers change places": [(all) => all.entries.unshift(begin(3, 2), end(3, 2)), /order: s/],
    "a tick is missing": [(all) => { all.clients[0].ticks = new Map([[1, [2]]]); }, /as number 1/],
    "a tick of a living process is missing": [(all) => all.entries.push({ what: "tick", pid: 2, n: 1 }), /2 emitted 1 ticks and lived/],
  };
  for (const [what, [breaking, fault]] of Object.entries(broken)) {
    it(`notices when ${what}`, () => {
      const all = facts();
      breaking(all);
      assert.match(account(all).faults.join("\n"), fault);
    });
  }

  const brokenAgain = {
    "an event is lost": [(all) => { all.clients[0].acks.delete(2); }, /in spite of redelivery/],
    "an event changes its id": [(all) => { all.entries[4].id = all.entries[5].id = "e9"; }, /several ids/],
    "an attempt is not counted": [(all) => { all.entries[4].attempt = all.entries[5].attempt = 1; }, /attempts/],
    "a later event overtakes": [(all) => all.entries.splice(4, 0, ...all.entries.splice(6, 2)), /order: s/],
  };
  for (const [what, [breaking, fault]] of Object.entries(brokenAgain)) {
    it(`notices with redelivery when ${what}`, () => {
      const all = redelivered();
      breaking(all);
      assert.match(account(all).faults.join("\n"), fault);
    });
  }
});
