// The Rails chat under a Puma cluster: people with browsers of their own, both transports and the upgrade
// between them.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { ChatTab, LobbyTab, comeIn } from "../support/chat.js";
import { LIMIT, launch } from "../support/chromium.js";
import { RailsExample } from "../support/examples.js";

describe("the Rails chat", LIMIT, () => {
  let chat;
  let browser;
  let tabs = [];
  const people = new Map(); // name → context

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

  // Somebody who has signed in, with a browser of their own.
  async function person(name, options) {
    const context = await browser.person(options);
    await comeIn(context, chat.sidecar.url, name);
    return context;
  }

  async function tab(Kind, name) {
    if (!people.has(name)) people.set(name, await person(name));
    tabs.push(new Kind(await people.get(name).newPage()));
    return tabs.at(-1);
  }

  const enter = async (name, query) => (await tab(ChatTab, name)).enter(chat.sidecar.url, query);
  const look = async (name) => (await tab(LobbyTab, name)).look(chat.sidecar.url);

  for (const [query, carrier, webSockets] of [
    [{ transport: "polling" }, "polling", 0],
    [{}, "websocket", 1],
  ]) {
    const kind = query.transport ? `${query.transport} only` : "an upgrade";

    test(`two people talk over ${kind}`, async () => {
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
      await ada.typesUntil(ben.shows("#typing", "Ada is typing"));
      assert.equal(await ada.page.textContent("#typing"), "");
      await ada.say("here it is");
      await ben.page.locator("#typing:empty").waitFor({ state: "attached" });
    });
  }

  test("who comes and who leaves is seen, with two tabs once", async () => {
    const cleo = await enter("Cleo", { room: "Kitchen" });
    await cleo.seesPerson("Cleo (you)");
    const dora = await enter("Dora", { room: "Kitchen" });
    await Promise.all([cleo.seesPerson("Dora"), dora.seesPerson("Cleo"), dora.seesPerson("Dora (you)")]);
    await cleo.shows(".notice", "Dora joined");

    const second = await enter("Dora", { room: "Kitchen" });
    await second.seesPerson("Dora (you)");
    await Promise.all([dora.carriedBy("websocket"), second.carriedBy("websocket")]);
    await dora.page.close();
    await enter("Emmy", { room: "Kitchen" }); // for whom the app counts anew
    await cleo.seesPerson("Emmy");
    await cleo.seesPerson("Dora");

    await second.page.close();
    await cleo.shows(".notice", "Dora left");
    await cleo.person("Dora").waitFor({ state: "detached" });
    assert.equal(await cleo.page.locator(".notice").filter({ hasText: "Dora joined" }).count(), 1);
  });

  test("the list of rooms is live, by a token and without a handler", async () => {
    const lobby = await look("Ada");
    await lobby.counts("Music", "nobody here");
    const ben = await enter("Ben", { room: "Music" });
    await lobby.counts("Music", "1 here");
    await ben.carriedBy("websocket");
    await ben.page.close();
    await lobby.counts("Music", "nobody here");
    assert.deepEqual(lobby.errors, []);
  });

  test("a new room is listed, and a job tells of it", async () => {
    const cleo = await enter("Cleo");
    const lobby = await look("Ada");
    const ben = await look("Ben");
    await ben.opensRoom("Attic");
    await lobby.counts("Attic", "1 here");
    await cleo.hears("Ben opened the room Attic.");
  });

  test("rooms are for those who are in them", async () => {
    const ada = await enter("Ada");
    const ben = await enter("Ben", { room: "Music" });
    const cleo = await enter("Cleo", { room: "Music" });
    await ben.say("only here");
    await cleo.sees("Ben", "only here");
    await ben.say("a second one"); // after both, Ada would have got the first
    await cleo.sees("Ben", "a second one");
    await chat.runner('Room.find_by!(name: "General").messages.create!(text: "to everyone in General")');
    await ada.hears("to everyone in General");
    assert.equal(await ada.message("Ben", "only here").count(), 0);
  });

  test("a message that is deleted goes from all pages; the own one is not told", async () => {
    const ada = await enter("Ada");
    const ben = await enter("Ben");
    await Promise.all([ada.carriedBy("websocket"), ben.carriedBy("websocket")]);
    await ada.say("never mind");
    await ben.sees("Ada", "never mind");
    await ada.sees("Ada", "never mind");
    await ada.deletes("never mind");
    await ben.message("Ada", "never mind").waitFor({ state: "detached" });
    await ben.say("what was that?");
    await ada.sees("Ben", "what was that?");

    const told = (tab) => tab.received.some((frame) => frame.includes("message.destroyed"));
    assert.deepEqual([told(ada), told(ben)], [false, true]);
  });

  test("who talks too fast is told so, and the rest is stored", async () => {
    const ada = await enter("Ada", { room: "Kitchen" });
    await ada.saysAtOnce(Array.from({ length: 20 }, (_, n) => `word ${n}.`));
    await ada.page.locator(".pending:not(.failed)").first().waitFor({ state: "detached" });
    const refused = await ada.page.locator(".failed").filter({ hasText: "Not so fast" }).count();
    assert.ok(refused >= 4, `two workers take 8 each, but ${20 - refused} of 20 were taken`);
    assert.equal(await ada.page.locator(".failed").count(), refused);
  });

  test("signing out ends the login's tabs, and no other login's", async () => {
    const elsewhere = new ChatTab(await (await person("Finn")).newPage());
    await elsewhere.enter(chat.sidecar.url);
    const socket = await elsewhere.socketId();
    const [first, second] = [await enter("Finn"), await enter("Finn")];
    await first.signOut();
    await second.signedOut();

    await elsewhere.say("still here");
    await elsewhere.sees("Finn", "still here");
    assert.equal(await elsewhere.socketId(), socket);
    assert.deepEqual(elsewhere.errors, []);
  });

  test("who is shown out is out, and stays out", async () => {
    const gus = await enter("Gus");
    await chat.runner('User.find_by!(name: "Gus").update!(blocked_at: Time.current)');
    await gus.signedOut();
    await gus.page.fill("#name", "Gus");
    await gus.page.press("#name", "Enter");
    await gus.shows("#refusal", "You were shown out.");
  });

  test("without scripts it is a page with forms, and the others see it at once", async () => {
    const ada = await enter("Ada");
    const plain = await person("Hugo", { javaScriptEnabled: false });
    const page = await plain.newPage();
    await page.goto(chat.sidecar.url);
    await page.getByRole("link", { name: "General" }).click();
    await page.fill("#text", "no scripts here");
    await page.press("#text", "Enter");
    await page.locator(".message .text").filter({ hasText: "no scripts here" }).waitFor();
    await ada.sees("Hugo", "no scripts here");
  });

  test("a message saved by another process reaches every tab, one that was rolled back none", async () => {
    const ada = await enter("Ada");
    const ben = await enter("Ben", { transport: "polling" });
    await chat.runner(`
      Message.transaction { Room.first.messages.create!(text: "oops"); raise ActiveRecord::Rollback }
      Room.first.messages.create!(text: "the report is ready")`);
    await Promise.all([ada.hears("the report is ready"), ben.hears("the report is ready")]);
    assert.equal(await ada.page.locator(".message").filter({ hasText: "oops" }).count(), 0);
  });

  test("a newcomer sees what was said before", async () => {
    const ada = await enter("Ada");
    await ada.say("for those who come later");
    await ada.sees("Ada", "for those who come later");
    const ben = await enter("Ben");
    await ben.sees("Ada", "for those who come later");
  });

  test("bin/setup may be run again and keeps what there is", async () => {
    await chat.runner('Room.first.messages.create!(text: "before the setup")');
    await chat.command("bin/setup");
    const ada = await enter("Ada");
    await ada.hears("before the setup");
  });
});
