// The chat of the classic tutorial, a page of client 0.9, as it was.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";

import { House, languages } from "../clients/house.mjs";
import { WORDS } from "../generations/cases/words.mjs";
import { Pages, Site } from "./pages/pages.mjs";

const folder = new URL("./chat/", import.meta.url).pathname;
const programs = { python: "chat.py", ruby: "chat.rb" };

describe("the chat of 2012", { concurrency: true }, () => {
  let pages, site;

  before(async () => {
    site = await Site.open((request, response) => {
      if (request.url !== "/") return false;
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(readFileSync(path.join(folder, "chat.html")));
      return true;
    });
    pages = await Pages.open();
  });

  after(async () => {
    await pages?.close();
    site?.close();
  });

  for (const language of languages) {
    it(`with a few lines of ${language}`, async () => {
      const flags = ["--client-version", "0.9"];
      const house = await House.open({ language, program: path.join(folder, programs[language]), flags, upstream: site.url });
      try {
        const [ann, bob] = await Promise.all([pages.tab(house.url), pages.tab(house.url)]);
        const lines = (tab) => tab.locator("#lines li");
        for (const tab of [ann, bob]) await lines(tab).filter({ hasText: "Welcome" }).waitFor();
        assert.equal(await ann.locator("#state").textContent(), "Connected");
        assert.equal(await ann.evaluate(() => io.version), "0.9.17");
        await say(ann, `${WORDS} & <b>`);
        for (const tab of [ann, bob]) await lines(tab).filter({ hasText: `${WORDS} & <b>` }).waitFor();
        await say(bob, "hello");
        for (const tab of [ann, bob]) await lines(tab).filter({ hasText: "hello" }).waitFor();
        assert.deepEqual(await lines(ann).allTextContents(), ["Welcome", `${WORDS} & <b>`, "hello"]);
      } finally {
        await house.close();
      }
    });
  }
});

async function say(tab, text) {
  await tab.fill("#text", text);
  await tab.press("#text", "Enter");
}
