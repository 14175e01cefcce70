// The same cases against Socket.IO's own servers, each client with the server of its generation: proves the drivers,
// and shows what the originals do. `npm ci && node --test matrix.mjs` in this folder; no part of the test run.

import { after, before, describe, it } from "node:test";

import { cases } from "../cases/all.mjs";
import { rows } from "../clients.mjs";
import { Stage } from "../stage.mjs";
import { ReferenceHouse } from "./house.mjs";

for (const row of rows) {
  describe(`${row.client} over ${row.transport}`, () => {
    let house;

    before(async () => {
      house = await ReferenceHouse.open({ row });
    });

    after(() => house.close());

    for (const scene of cases) {
      if (!row.lacks[scene.needs]) it(scene.feature, () => new Stage(row, house).play(scene));
    }
  });
}
