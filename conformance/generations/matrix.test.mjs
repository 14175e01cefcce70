// Every client × every transport it has × everything it can do, against one sidecar and an app in each language.

import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { cases } from "./cases/all.mjs";
import { recovery } from "./cases/recovery.mjs";
import { rows } from "./clients.mjs";
import { Results } from "./results.mjs";
import { Stage } from "./stage.mjs";


/** What is played in which house: some features want a sidecar that differs from what others take for granted. */
const [common, special] = [cases.filter(({ flags }) => !flags), [...cases, ...recovery].filter(({ flags }) => flags)];
const plays = [
  ...languages.map((language) => ({ scenes: common, language })),
  { scenes: special, language: languages[0], flags: special.flatMap(({ flags }) => flags) },
];

const results = new Results("node");

describe("clients of every generation", { concurrency: true }, () => {
  for (const { scenes, ...options } of plays) {
    describe(["app in", options.language, ...(options.flags ?? [])].join(" "), { concurrency: true }, () => {
      let house;

      before(async () => {
        house = await House.open(options);
      });

      after(() => house?.close());

      for (const row of rows) {
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
