// What conformance/generations finds out about clients in Node, for those that run elsewhere; and one room that holds
// these and those.

import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { cases } from "../generations/cases/all.mjs";
import { rows as inNode } from "../generations/clients.mjs";
import { Crowd } from "../generations/crowd.mjs";
import { Results } from "../generations/results.mjs";
import { Stage } from "../generations/stage.mjs";
import { rows } from "./clients.mjs";
import { Hosts } from "./hosts.mjs";
import { Site } from "./pages/pages.mjs";

// Some features want a sidecar that differs from what others take for granted, and some clients a shorter
// timeout to notice that their connection was cut. Heartbeats must come more often than that.
const differing = [...cases.flatMap(({ flags }) => flags ?? []), "--close-timeout=10s"];
const CUT = "back after its connection was cut";
const AT_ONCE = 5; // rows; most have a page of their own, and more than these starve each other
const results = new Results("remote");

describe("clients that run elsewhere", { concurrency: 1 }, () => {
  const houses = [];
  let differs, hosts, site;

  before(async () => {
    site = await Site.open();
    hosts = await Hosts.open();
    for (const language of languages) houses.push(await House.open({ language, upstream: site.url }));
    differs = await House.open({ flags: differing, upstream: site.url });
  });

  after(async () => {
    results.write();
    await hosts?.close();
    for (const house of [...houses, differs]) await house?.close();
    site?.close();
  });

  describe("each", { concurrency: AT_ONCE }, () => {
    // Half of the rows with an app in one language, half in the other.
    rows.forEach((row, number) => {
      describe(`${row.client} over ${row.transport}`, { concurrency: 1 }, () => {
        for (const scene of cases) {
          const { feature, flags, needs } = scene;
          const reason = row.lacks[needs] ?? row.lacks[feature];
          if (reason) {
            results.lacks(row, feature, reason);
            continue;
          }
          it(feature, () => results.note(row, feature, async () => {
            const special = flags || (row.hasTimeouts && feature === CUT);
            const house = special ? differs : houses[number % houses.length];
            const hosted = await hosts.row(row);
            return (await Promise.race([new Stage(hosted, house).play(scene), hosted.host.broken])) || row.remarks?.[feature];
          }));
        }
      });
    });
  });

  describe("one room with all there are", () => {
    let crowd;

    before(async () => {
      const hosted = await Promise.all(rows.map((row) => hosts.row(row)));
      crowd = await Crowd.gather([...inNode, ...hosted], houses[0]);
    });

    after(() => crowd?.close());

    it("hears the app's broadcast, which is written once for each dialect and parser", () => crowd.hearsTheApp());
    it("answers the app's question, each for itself", () => crowd.answersTheApp());
    it("hears each of them, and none hears itself", () => crowd.hearsEachOther());
  });
});
