// Every client × every transport it has × everything it can do, against one sidecar, with apps in each language.

import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { cases } from "./cases/all.mjs";
import { recovery } from "./cases/recovery.mjs";
import { rows } from "./clients.mjs";
import { Results } from "./results.mjs";
import { Stage } from "./stage.mjs";

/**
 * The rows that are played with the app in each language. All that an app can see of a client is its dialect, parser
 * and transport: those that have these in common take turns, and one that is alone plays with all.
 */
function casts() {
  const kind = ({ dialect, parser, transport }) => [dialect, parser, transport].join(" ");
  return languages.map((_, turn) => rows.filter((row) => {
    const alike = rows.filter((other) => kind(other) === kind(row));
    return alike.length === 1 || alike.indexOf(row) % languages.length === turn;
  }));
}

/** What is played in which house: some features want a sidecar that differs from what others take for granted. */
const [common, special] = [cases.filter(({ flags }) => !flags), [...cases, ...recovery].filter(({ flags }) => flags)];
const plays = [
  ...casts().map((cast, i) => ({ scenes: common, cast, language: languages[i], flags: [] })),
  { scenes: special, cast: rows, language: languages[0], flags: special.flatMap(({ flags }) => flags) },
];
const quiet = ["--log-level=info"]; // a line for each event is as much work as the event

const results = new Results("node");

describe("clients of every generation", { concurrency: true }, () => {
  for (const { scenes, cast, language, flags } of plays) {
    describe(["app in", language, ...flags].join(" "), { concurrency: true }, () => {
      let house;

      before(async () => {
        house = await House.open({ language, flags: [...quiet, ...flags] });
      });

      after(() => house?.close());

      for (const row of cast) {
        describe(`${row.client} over ${row.transport}`, { concurrency: 1 }, () => {
          for (const scene of scenes) {
            const { feature, needs } = scene;
            if (row.lacks[needs]) results.lacks(row, feature, row.lacks[needs]);
            else it(feature, () => results.note(row, feature, async () => (await new Stage(row, house).play(scene)) || row.remarks?.[feature]));
          }
        });
      }
    });
  }

  after(() => results.write());
});
