// What conformance/generations finds out about clients in Node, for those that run elsewhere.

import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { cases } from "../generations/cases/all.mjs";
import { Results } from "../generations/results.mjs";
import { Stage } from "../generations/stage.mjs";
import { rows } from "./clients.mjs";
import { Pages, Site } from "./pages/pages.mjs";

const results = new Results("remote");
const flags = ["--ping-interval", "1s", "--ping-timeout", "5s"];
const wanted = new RegExp(process.env.CLIENTS ?? "");

describe("clients that run elsewhere", { concurrency: true }, () => {
  const houses = {};
  const hosts = new Map();
  let pages, site;

  before(async () => {
    site = await Site.open();
    pages = await Pages.open();
    for (const language of languages) houses[language] = await House.open({ language, flags, upstream: site.url });
  });

  after(async () => {
    results.write();
    for (const host of hosts.values()) (await host).close();
    await pages?.close();
    await Promise.all(Object.values(houses).map((house) => house.close()));
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
        const { feature, needs } = scene;
        if (row.lacks[needs]) {
          results.lacks(row, feature, row.lacks[needs]);
          continue;
        }
        it(feature, () => results.note(row, feature, async () => {
          const stage = new Stage(row, houses[languages[number % languages.length]]);
          return (await Promise.race([stage.play(scene), row.host.broken])) || row.remarks?.[feature];
        }));
      }
    });
  });
});
