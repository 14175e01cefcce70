// Whether everything adds up: what the host says it did, and what the clients say of it.

/** What does not, as texts. `rested` and `sums` are the host's words; README.md says what stands in them. */
export function faultsOf({ visitors, doors, rested, sums, host }) {
  const faults = [...sums.faults, ...host.trouble.map((line) => `in the host's log: ${line}`)];
  const total = (list, key) => list.reduce((sum, each) => sum + each[key], 0);
  const equal = (what, got, wanted) => got === wanted || faults.push(`${what}: ${got}, not ${wanted}`);

  for (const { name, heard } of visitors) {
    for (const [source, last] of Object.entries(rested.ticks)) equal(`${name}: the last of ${source}`, heard.get(source) ?? 0, last);
    for (const source of heard.keys()) if (!(source in rested.ticks)) faults.push(`${name}: heard ${source}, which nobody is`);
  }
  for (const { name, sent, acked } of visitors) equal(`${name}: acknowledged`, acked, sent);
  // What guests did not wait for was handled or not; the rest was, once.
  const sent = total(visitors, "sent") + total(doors, "sent");
  const abandoned = total(doors, "abandoned");
  if (sums.events > sent || sums.events < sent - abandoned) {
    faults.push(`${sums.events} events were handled of ${sent}, of which ${abandoned} were not waited for`);
  }
  equal("answers to calls", sums.answers, sums.calls * visitors.length);
  equal("answers given", total(visitors, "asked"), sums.answers);
  equal("visits", total(visitors, "visits"), sums.visits);
  equal("connects", sums.connects, visitors.length + total(doors, "guests"));
  equal("disconnects", sums.disconnects, sums.connects);
  equal("forked children that ended well", sums.children, sums.forks);
  for (const key of ["calls", "visits", "questions", "servers", "connections", "forks", "collections"]) {
    if (!(sums[key] > 0)) faults.push(`no ${key}`);
  }
  for (const name of ["USR1", "USR2", "CHLD"]) if (!(sums.signals[name] > 0)) faults.push(`${name} was never heard`);
  return faults;
}
