// The Rails chat under a Puma cluster, with both transports and the upgrade between them.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { launch } from "../support/chromium.js";
import { RailsExample } from "../support/examples.js";
import { ChatTab } from "../support/tabs.js";

const LIMIT = { timeout: 120_000 };

describe("the Rails chat", LIMIT, () => {
  let chat;
  let browser;
  let tabs = [];

  before(async () => {
    [chat, browser] = await Promise.all([RailsExample.create(), launch()]);
    await chat.serve();
  });

  after(async () => {
    await browser?.close();
    await chat?.stop();
  });

  afterEach(async () => {
    const left = tabs;
    tabs = [];
    await Promise.all(left.map((tab) => tab.page.close()));
    assert.deepEqual(left.flatMap((tab) => tab.errors), []);
  });

  async function tab() {
    tabs.push(new ChatTab(await browser.context.newPage()));
    return tabs.at(-1);
  }

  async function enter(name, query) {
    return (await tab()).enter(chat.sidecar.url, name, query);
  }

  for (const [query, carrier, webSockets] of [
    [{ transport: "polling" }, "polling", 0],
    [{ transport: "websocket" }, "websocket", 1],
    [{}, "websocket", 1],
  ]) {
    const kind = query.transport ? `${query.transport} only` : "an upgrade";

    test(`two tabs talk over ${kind}`, async () => {
      const ada = await enter("Ada", query);
      const ben = await enter("Ben", query);
      await Promise.all([ada.carriedBy(carrier), ben.carriedBy(carrier)]);

      await ada.say(`hello over ${kind}`);
      await ben.sees("Ada", `hello over ${kind}`);
      await ben.say(`welcome over ${kind}`);
      await ada.sees("Ben", `welcome over ${kind}`);

      // Not echoed to its sender, who shows it already and knows by the ack that it is stored.
      await ada.sees("Ada", `hello over ${kind}`);
      assert.deepEqual([ada.webSockets, ben.webSockets], [webSockets, webSockets]);
    });

    test(`typing is seen by the others over ${kind}`, async () => {
      const ada = await enter("Ada", query);
      const ben = await enter("Ben", query);
      await ada.page.locator("#text").pressSequentially("he");
      await ben.shows("#typing", "Ada is typing");
      assert.equal(await ada.page.textContent("#typing"), "");
      await ada.say("here it is");
      await ben.page.locator("#typing:empty").waitFor();
    });
  }

  test("who comes and who leaves is seen", async () => {
    const cleo = await enter("Cleo");
    await cleo.seesPerson("Cleo (you)");
    const dora = await enter("Dora");
    await Promise.all([cleo.seesPerson("Dora"), dora.seesPerson("Cleo"), dora.seesPerson("Dora (you)")]);
    await cleo.shows(".notice", "Dora joined");

    await dora.page.close();
    await cleo.shows(".notice", "Dora left");
    await cleo.person("Dora").waitFor({ state: "detached" });
  });

  test("a name is a condition, and the app's refusal is shown", async () => {
    const nobody = await tab();
    await nobody.page.goto(`${chat.sidecar.url}/?name=${"x".repeat(31)}`);
    await nobody.shows("#refusal", "That name is too long.");

    await nobody.page.fill("#name", "Emmy");
    await nobody.page.press("#name", "Enter");
    await nobody.connected();
    await nobody.seesPerson("Emmy (you)");
  });

  test("a message saved by another process reaches every tab", async () => {
    const ada = await enter("Ada");
    const ben = await enter("Ben", { transport: "polling" });
    await chat.runner('Message.create!(author: "Job", text: "the report is ready")');
    await Promise.all([ada.sees("Job", "the report is ready"), ben.sees("Job", "the report is ready")]);
  });

  test("a newcomer sees what was said before", async () => {
    const ada = await enter("Ada");
    await ada.say("for those who come later");
    await ada.sees("Ada", "for those who come later");
    const ben = await enter("Ben");
    await ben.sees("Ada", "for those who come later");
  });

  test("bin/setup may be run again and keeps what there is", async () => {
    await chat.runner('Message.create!(author: "Job", text: "before the setup")');
    await chat.command("bin/setup");
    const ada = await enter("Ada");
    await ada.sees("Job", "before the setup");
  });
});
