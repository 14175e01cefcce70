// One room that holds a client of every generation on every transport.

import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { rows } from "./clients.mjs";
import { Crowd } from "./crowd.mjs";

for (const language of languages) {
  describe(`one room for all, app in ${language}`, () => {
    let crowd, house;

    before(async () => {
      house = await House.open({ language, flags: ["--log-level=info"] });
      crowd = await Crowd.gather(rows, house);
    });

    after(async () => {
      crowd?.close();
      await house?.close();
    });

    it("hears the app's broadcast, which is written once for each dialect and parser", () => crowd.hearsTheApp());
    it("answers the app's question, each for itself", () => crowd.answersTheApp());
    it("hears each of them, and none hears itself", () => crowd.hearsEachOther());
  });
}
