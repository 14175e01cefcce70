// The balance of a disturbance. Pure: facts in, a row of numbers and a list of faults out.
//
// What a client sent has exactly one fate:
//
//   acked    its handler ran to its end, once (with redelivery: to its end at least once), and the client heard
//   unheard  its handler ran to its end, but its process was killed before the answer was out
//   halved   its process was killed in the middle of its handler
//   unread   its process was killed before its handler began
//
// The last three are what the sidecar must have counted as lost with a worker, no more and no less.

/**
 * @param {object} facts
 *   clients      [{id, from, sent, acks, acked, seen, ticks, disconnects}]; `from` is the last number before
 *   entries      of the journal, all of them
 *   killed       pids that were killed
 *   before, now  the sidecar's counters
 *   visits       of the pages
 *   redeliver    how often an event may be given again
 * @returns {{row: object, faults: string[]}} `ticks` and `ticksLost` are those of all entries
 */
export function account({ clients, entries, killed, before, now, visits, redeliver = 0 }) {
  const faults = [];
  const runs = runsOf(entries);
  const fates = { sent: 0, acked: 0, unheard: 0, halved: 0, unread: 0, handled: 0, again: 0 };
  let pause = 0;
  for (const client of clients) {
    for (let n = client.from + 1; n <= client.sent; n++) {
      const ack = client.acks.get(n);
      const fate = fateOf(runs.get(`${client.id} ${n}`) ?? [], ack, killed, redeliver);
      fates.sent++;
      fates.handled += fate.handled;
      fates.again += fate.again;
      if (fate.fault) faults.push(`${client.id} ${n}: ${fate.fault}`);
      else fates[fate.word]++;
      pause = Math.max(pause, ack?.after ?? 0);
    }
    faults.push(...orderFaults(client, redeliver));
  }
  faults.push(...runOrderFaults(entries), ...counterFaults(fates, before, now));
  const ticks = tickFaults(clients, entries, killed, faults);
  return { row: { ...fates, ...ticks, ...pages(visits), pause: Math.round(pause), disconnects: total(clients, "disconnects") }, faults };
}

const total = (clients, list) => clients.reduce((sum, client) => sum + client[list].length, 0);

/** The times an event's handler ran, by socket and number. */
function runsOf(entries) {
  const runs = new Map();
  for (const { what, socket, n, ...run } of entries) {
    if (what !== "begin" && what !== "end") continue;
    const key = `${socket} ${n}`;
    if (!runs.has(key)) runs.set(key, []);
    if (what === "begin") runs.get(key).push({ ...run, ended: false });
    else runs.get(key).findLast(({ pid, attempt }) => pid === run.pid && attempt === run.attempt).ended = true;
  }
  return runs;
}

function fateOf(runs, ack, killed, redeliver) {
  const ended = runs.filter((run) => run.ended);
  const fate = { handled: ended.length, again: (ack?.attempt ?? 1) - 1 };
  const cut = runs.filter((run) => !run.ended && !killed.has(run.pid));
  if (cut.length > 0) return { ...fate, fault: `cut off in a process that nobody killed: ${JSON.stringify(cut)}` };
  if (new Set(runs.map(({ id }) => id)).size > 1) return { ...fate, fault: `has several ids: ${JSON.stringify(runs)}` };
  if (runs.some(({ attempt }, i) => i > 0 && attempt <= runs[i - 1].attempt)) return { ...fate, fault: `attempts: ${JSON.stringify(runs)}` };
  if (ack) {
    const last = runs.at(-1);
    if (!last?.ended || last.id !== ack.id || last.attempt !== ack.attempt) return { ...fate, fault: "acknowledged, but not by its last handler" };
    if (redeliver === 0 && runs.length !== 1) return { ...fate, fault: `handled more than once: ${JSON.stringify(runs)}` };
    return { ...fate, word: "acked" };
  }
  if (redeliver > 0) return { ...fate, fault: `not acknowledged in spite of redelivery: ${JSON.stringify(runs)}` };
  if (runs.length === 0) return { ...fate, word: "unread" };
  if (!killed.has(runs[0].pid)) return { ...fate, fault: `handled by a process that lived, and not acknowledged: ${JSON.stringify(runs)}` };
  return { ...fate, word: runs[0].ended ? "unheard" : "halved" };
}

/** What a client hears must come in the order in which it asked. */
function orderFaults({ id, acked, seen }, redeliver) {
  const faults = [];
  const check = (list, word, repeats) => {
    for (let i = 1; i < list.length; i++) {
      const [a, b] = [list[i - 1], list[i]];
      if (repeats ? b < a : b <= a) faults.push(`order: ${id} ${word} ${b} after ${a}`);
    }
  };
  check(acked, "acknowledged", false);
  check(seen, "seen", redeliver > 0); // a handler that runs again emits again
  return faults;
}

/** The handlers of one socket must run one after the other, in the order in which it sent. */
function runOrderFaults(entries) {
  const faults = [];
  const last = new Map();
  for (const { what, socket, n, attempt, pid } of entries) {
    if (what !== "begin" && what !== "end") continue;
    const open = last.get(socket);
    const now = { what, n, attempt, pid };
    const wrong = what === "end"
      ? !(open?.what === "begin" && open.n === n && open.attempt === attempt && open.pid === pid)
      : open && !(n > open.n || (n === open.n && attempt > open.attempt));
    if (wrong) faults.push(`order: ${socket} ${JSON.stringify(now)} after ${JSON.stringify(open)}`);
    last.set(socket, now);
  }
  return faults;
}

/** What the sidecar says must be what the clients and the app say. */
function counterFaults(fates, before, now) {
  const grown = (name) => now[name] - before[name];
  const lost = fates.unheard + fates.halved + fates.unread;
  const expected = {
    events_given: fates.sent + fates.again,
    events_lost_with_worker: lost,
    events_dropped: lost, // of which those with a worker are a part
    events_redelivered: fates.again,
    acks_sent: fates.acked,
    handler_timeouts: 0,
    handler_failures: 0,
    answers_late: 0,
    emits_rejected: 0,
    connections_broken: 0,
    connects_abandoned: 0,
    disconnects_dropped: 0,
  };
  return Object.entries(expected)
    .filter(([name, count]) => grown(name) !== count)
    .map(([name, count]) => `the sidecar counts ${grown(name)} ${name}, where there were ${count}`);
}

/** Each client must have heard each source from its first number on, without a gap, to its last if it lived. */
function tickFaults(clients, entries, killed, faults) {
  const last = new Map();
  for (const { what, pid, n } of entries) if (what === "tick") last.set(pid, n);
  let ticks = 0;
  let ticksLost = 0;
  for (const [pid, noted] of last) {
    ticks += noted;
    const heard = clients.map((client) => {
      const numbers = client.ticks.get(pid) ?? [];
      const gap = numbers.findIndex((n, i) => n !== i + 1);
      if (gap >= 0) faults.push(`order: ${client.id} heard of ${pid} ${numbers[gap]} as number ${gap + 1}`);
      return numbers.length;
    });
    const [least, most] = [Math.min(...heard), Math.max(...heard)];
    if (least !== most) faults.push(`some clients heard ${least} ticks of ${pid}, others ${most}`);
    if (!killed.has(pid) && most !== noted) faults.push(`${pid} emitted ${noted} ticks and lived, and ${most} were heard`);
    ticksLost += Math.max(0, noted - most);
  }
  return { ticks, ticksLost };
}

/** The pages: answered, put off (503 with the time to come back), failed. */
function pages(visits) {
  const ok = visits.filter(({ status }) => status === 200);
  const putOff = visits.filter(({ status, retryAfter }) => status === 503 && retryAfter);
  return {
    pagesOk: ok.length,
    pagesPutOff: putOff.length,
    pagesFailed: visits.length - ok.length - putOff.length,
    pagePause: Math.round(Math.max(0, ...visits.map(({ after }) => after))),
  };
}
