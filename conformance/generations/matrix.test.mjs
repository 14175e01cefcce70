// Every client × every transport it has × everything it can do, against one sidecar and an app in each language.

import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { cases } from "./cases/all.mjs";
import { rows } from "./clients.mjs";
import { Results } from "./results.mjs";
import { Stage } from "./stage.mjs";

const results = new Results("node");
const flags = ["--ping-interval", "1s", "--ping-timeout", "5s"];

describe("clients of every generation", { concurrency: true }, () => {
  for (const language of languages) {
    describe(`app in ${language}`, { concurrency: true }, () => {
      let house;

      before(async () => {
        house = await House.open({ language, flags });
      });

      after(() => house.close());

      for (const row of rows) {
        describe(`${row.client} over ${row.transport}`, { concurrency: 1 }, () => {
          for (const scene of cases) {
            const { feature, needs } = scene;
            if (row.lacks[needs]) results.lacks(row, feature, row.lacks[needs]);
            else it(feature, () => results.note(row, feature, () => new Stage(row, house).play(scene)));
          }
        });
      }
    });
  }

  after(() => results.write());
});
