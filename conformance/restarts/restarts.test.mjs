// Restarts that nobody notices, counted. Each disturbance happens under load, and afterwards everything that
// was sent, handled, acknowledged and lost must add up: see account.mjs. ROUNDS=n does all of it n times,
// AWAY=n leaves the app away for n seconds where it goes away.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { pause, Trial, visitors } from "./trial.mjs";
import { table } from "./table.mjs";

const rounds = Number(process.env.ROUNDS ?? 1);
const away = 1000 * Number(process.env.AWAY ?? 1); // ms between the end of an app and its next start
const kept = 300000; // ms; shorter than the sidecar keeps events of an app that is away: see trial.mjs

const nothing = async () => {};
const deploy = ({ web }) => web.restart();
const hard = ({ web }) => web.restart("SIGUSR2");
const crash = ({ web }) => web.killWorker();

async function stopAndStart(trial) {
  await trial.web.stop();
  await absence(trial);
  await trial.web.start();
}

async function crashOfAll(trial) {
  const killed = await trial.web.kill();
  await absence(trial);
  await trial.web.start();
  return killed;
}

async function absence({ clients }) {
  if (away > kept) for (const client of clients) client.rest();
  await pause(away);
  if (away > kept) for (const client of clients) client.begin();
}

const graceful = { lost: false, putOff: false };
const gone = { lost: false, putOff: true }; // nobody is there for a while
const killed = { lost: true, putOff: true };

/** What is done to each server, how often, and what it may cost. */
const plans = {
  "puma, preloaded": [
    ["hard restart", 2, hard, graceful],
    ["one worker killed", 2, crash, killed],
    ["stop, start", 1, stopAndStart, gone],
    ["all killed", 1, crashOfAll, killed],
  ],
  "puma, phased": [
    ["phased restart", 3, deploy, graceful],
    ["hard restart", 1, hard, graceful],
    ["one worker killed", 2, crash, killed],
    ["all killed", 1, crashOfAll, killed],
  ],
  "gunicorn, preloaded": [
    ["HUP", 3, deploy, graceful],
    ["one worker killed", 2, crash, killed],
    ["stop, start", 1, stopAndStart, gone],
    ["all killed", 1, crashOfAll, killed],
  ],
};

// What differs little, where there is time for it.
if (rounds > 1) {
  plans["puma, preloaded"].unshift(["nothing", 1, nothing, graceful]);
  plans["gunicorn"] = [
    ["HUP", 3, deploy, graceful],
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
after(() => console.log(table(rows)));

for (const redeliver of [0, 3]) {
  for (const [server, plan] of Object.entries(redeliver ? withRedelivery : plans)) {
    const title = redeliver ? `${server}, redelivering` : server;
    describe(`${title}:`, () => {
      let trial;
      before(async () => {
        trial = await Trial.open(server, { redeliver });
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
