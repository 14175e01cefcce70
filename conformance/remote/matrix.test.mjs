// What conformance/generations finds out about clients in Node, for those that run elsewhere.

import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { cases } from "../generations/cases/all.mjs";
import { Results } from "../generations/results.mjs";
import { Stage } from "../generations/stage.mjs";
import { rows } from "./clients.mjs";
import { Pages, Site } from "./pages/pages.mjs";

// Some features want a sidecar that differs from what others take for granted, and some clients a shorter
// timeout to notice that their connection was cut. Heartbeats must come more often than that.
const differing = [...cases.flatMap(({ flags }) => flags ?? []), "--close-timeout=10s"];
const CUT = "back after its connection was cut";
const wanted = new RegExp(process.env.CLIENTS ?? "");
const AT_ONCE = 12; // rows; most have a page of their own, and they mostly wait
const results = new Results("remote");

describe("clients that run elsewhere", { concurrency: AT_ONCE }, () => {
  const houses = [];
  const hosts = new Map();
  let differs, pages, site;

  before(async () => {
    site = await Site.open();
    pages = await Pages.open();
    for (const language of languages) houses.push(await House.open({ language, upstream: site.url }));
    differs = await House.open({ flags: differing, upstream: site.url });
  });

  after(async () => {
    results.write();
    for (const host of hosts.values()) await (await host).close();
    await pages?.close();
    for (const house of [...houses, differs]) await house?.close();
    site?.close();
  });

  // Half of the rows with an app in one language, half in the other.
  rows.filter(({ client, transport }) => wanted.test(`${client} ${transport}`)).forEach(({ host, ...row }, number) => {
    describe(`${row.client} over ${row.transport}`, { concurrency: 1 }, () => {
      before(async () => {
        const name = row.shared ?? number;
        if (!hosts.has(name)) hosts.set(name, host(pages));
        row.host = await hosts.get(name);
      });

      for (const scene of cases) {
        const { feature, flags, needs } = scene;
        const reason = row.lacks[needs] ?? row.lacks[feature];
        if (reason) {
          results.lacks(row, feature, reason);
          continue;
        }
        it(feature, () => results.note(row, feature, async () => {
          const special = flags || (row.hasTimeouts && feature === CUT);
          const stage = new Stage(row, special ? differs : houses[number % houses.length]);
          return (await Promise.race([stage.play(scene), row.host.broken])) || row.remarks?.[feature];
        }));
      }
    });
  });
});
