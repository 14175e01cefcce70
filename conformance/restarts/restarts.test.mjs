// Restarts that nobody notices, counted. Each disturbance happens under load, and afterwards everything that
// was sent, handled, acknowledged and lost must add up: see account.mjs. ROUNDS=n does all of it n times,
// AWAY=n leaves the app away for n seconds where it goes away.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { languages } from "./languages.mjs";
import { Nursery } from "./nursery.mjs";
import { table } from "./table.mjs";
import { pause, Trial, visitors } from "./trial.mjs";

const rounds = Number(process.env.ROUNDS ?? 1);
const away = 1000 * Number(process.env.AWAY ?? 1); // ms between the end of an app and its next start
const kept = 300000; // ms; shorter than the sidecar keeps events of an app that is away: see trial.mjs

const nothing = async () => {};
const deploy = ({ web }) => web.restart();
const hard = ({ web }) => web.restart("SIGUSR2");

async function crash(trial) {
  await trial.busy();
  return trial.web.killWorker();
}

async function stopAndStart(trial) {
  await trial.web.stop();
  await absence(trial);
  await trial.web.start();
}

async function crashOfAll(trial) {
  await trial.busy();
  const killed = await trial.web.kill();
  await absence(trial);
  await trial.web.start();
  return killed;
}

async function absence(trial) {
  if (away > kept) for (const client of trial.clients) client.rest();
  await pause(away);
  if (away > kept) trial.begin();
}

const graceful = { lost: false, putOff: false };
const gone = { lost: false, putOff: true }; // nobody is there for a while
const killed = { lost: true, putOff: true };

/**
 * What is done to each server, how often, and what it may cost. Twice, where the second time meets what the first
 * has left: workers that came while everybody was busy. What differs only in where the code was loaded is done to
 * one of them.
 */
const plans = {
  "puma, preloaded": [
    ["hard restart", 2, hard, graceful],
    ["one worker killed", 2, crash, killed],
    ["stop, start", 1, stopAndStart, gone],
    ["all killed", 1, crashOfAll, killed],
  ],
  "puma, phased": [
    ["phased restart", 2, deploy, graceful],
    ["one worker killed", 1, crash, killed],
  ],
  "gunicorn, preloaded": [
    ["HUP", 2, deploy, graceful],
    ["one worker killed", 2, crash, killed],
    ["stop, start", 1, stopAndStart, gone],
    ["all killed", 1, crashOfAll, killed],
  ],
};

// What differs little, where there is time for it.
if (rounds > 1) {
  plans["puma, preloaded"].unshift(["nothing", 1, nothing, graceful]);
  plans["puma, phased"].push(["hard restart", 1, hard, graceful], ["all killed", 1, crashOfAll, killed]);
  plans["gunicorn"] = [
    ["HUP", 2, deploy, graceful],
    ["one worker killed", 2, crash, killed],
  ];
}

const withRedelivery = {
  "puma, preloaded": [
    ["one worker killed", 2, crash, killed],
    ["all killed", 1, crashOfAll, killed],
  ],
  "gunicorn, preloaded": [
    ["one worker killed", 2, crash, killed],
    ["all killed", 1, crashOfAll, killed],
  ],
};

const rows = [];
const nurseries = {};
before(async () => {
  for (const language of Object.keys(languages)) nurseries[language] = await Nursery.open(language);
});
after(async () => {
  for (const nursery of Object.values(nurseries)) await nursery.close();
  console.log(table(rows));
});

for (const redeliver of [0, 3]) {
  for (const [server, plan] of Object.entries(redeliver ? withRedelivery : plans)) {
    const title = redeliver ? `${server}, redelivering` : server;
    describe(`${title}:`, () => {
      let trial;
      before(async () => {
        trial = await Trial.open(server, nurseries, { redeliver });
      });
      after(() => trial?.close());

      for (const [what, times, action, cost] of plan) {
        it(`${what} under load`, async () => {
          const row = await trial.disturb(`${title}: ${what}`, times * rounds, action);
          rows.push(row);
          assert.deepEqual(row.faults, []);
          check(row, cost, redeliver);
        });
      }
    });
  }
}

describe("those who were killed", () => {
  it("were in the middle of their work, nearly always", () => {
    const cuts = rows.filter(({ what }) => what.endsWith("killed"));
    assert.ok(cuts.length > 0);
    const met = cuts.filter(({ unheard, halved, unread, again }) => unheard + halved + unread + again > 0);
    assert.ok(2 * met.length > cuts.length, table(cuts));
  });
});

function check(row, cost, redeliver) {
  const shown = JSON.stringify(row);
  assert.ok(row.sent > 0, shown);
  assert.equal(row.disconnects, 0, shown);
  if (!cost.lost) assert.deepEqual([row.acked, row.handled, row.pagesFailed, row.ticksLost], [row.sent, row.sent, 0, 0], shown);
  if (!cost.putOff) assert.equal(row.pagesPutOff, 0, shown);
  if (redeliver) assert.equal(row.acked, row.sent, shown);
  // What a visitor had asked of a process that was killed; never that the gateway is broken.
  if (cost.lost) assert.ok(row.pagesFailed <= visitors * row.times, shown);
}
