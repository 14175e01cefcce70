// The Rails chat under a Puma cluster: people with browsers of their own. Ada, who has upgraded, and Ben, who only polls,
// are in the room General from the first test to the last, so that each way is gone in both directions; at the end the
// app is killed behind them.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { ChatTab, LobbyTab, comeIn, introduce } from "../support/chat.js";
import { LIMIT, launch } from "../support/chromium.js";
import { RailsExample } from "../support/examples.js";

describe("the Rails chat", LIMIT, () => {
  let chat, browser, ada, ben;
  let tabs = [];
  const people = new Map(); // name → context

  before(async () => {
    [chat, browser] = await Promise.all([RailsExample.create(), launch()]);
    await chat.serve();
    [ada, ben] = [await enter("Ada"), await enter("Ben", { transport: "polling" })];
    await Promise.all([ada.carriedBy("websocket"), ben.carriedBy("polling")]);
    tabs = [];
  });

  after(async () => {
    await browser?.close();
    await chat?.stop();
  });

  afterEach(async () => {
    const left = tabs;
    tabs = [];
    await Promise.all(left.map((tab) => tab.page.close()));
    assert.deepEqual([ada, ben, ...left].flatMap((tab) => tab.errors), []);
  });

  // Somebody who has signed in, with a browser of their own.
  async function person(name) {
    const context = await browser.person();
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

  test("two people talk over polling and over an upgrade", async () => {
    await ada.say("hello");
    await ben.sees("Ada", "hello");
    await ben.say("welcome");
    await ada.sees("Ben", "welcome");

    // Not echoed to its sender, who shows it already and knows by the ack that it is stored.
    await Promise.all([ada.sees("Ada", "hello"), ben.sees("Ben", "welcome")]);
    assert.deepEqual([ada.webSockets, ben.webSockets], [1, 0]);
  });

  test("typing is seen by the others, over both", async () => {
    for (const [one, name, other] of [[ada, "Ada", ben], [ben, "Ben", ada]]) {
      await one.typesUntil(other.shows("#typing", `${name} is typing`));
      assert.equal(await one.page.textContent("#typing"), "");
      await one.say("here it is");
      await other.page.locator("#typing:empty").waitFor({ state: "attached" });
    }
  });

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

  test("the list of rooms is live, by a token and without a handler; a new room is listed, and a job tells of it", async () => {
    const lobby = await look("Ada");
    const opener = await look("Cleo");
    await opener.opensRoom("Attic");
    await Promise.all([lobby.counts("Attic", "1 here"), opener.carriedBy("websocket")]);
    await ben.hears("Cleo opened the room Attic.");
    await opener.page.close();
    await lobby.counts("Attic", "nobody here");
  });

  test("rooms are for those who are in them", async () => {
    const cleo = await enter("Cleo", { room: "Music" });
    const dora = await enter("Dora", { room: "Music" });
    await cleo.say("only here");
    await dora.sees("Cleo", "only here");
    await cleo.say("a second one"); // after both, Ada would have got the first
    await dora.sees("Cleo", "a second one");
    await chat.tell('Room.find_by!(name: "General").messages.create!(text: "to everyone in General")');
    await ada.hears("to everyone in General");
    assert.equal(await ada.message("Cleo", "only here").count(), 0);
  });

  test("a message that is deleted goes from all pages; the own one is not told", async () => {
    await ada.say("never mind");
    await Promise.all([ben, ada].map((each) => each.sees("Ada", "never mind")));
    await ada.deletes("never mind");
    await ben.message("Ada", "never mind").waitFor({ state: "detached" });
    await ben.say("what was that?");
    await ada.sees("Ben", "what was that?");

    const told = (text) => ada.received.some((frame) => frame.includes(text));
    assert.deepEqual([told("message.destroyed"), told("what was that?")], [false, true]);
  });

  test("who talks too fast is told so, and the rest is stored", async () => {
    const emmy = await enter("Emmy", { room: "Kitchen" });
    await emmy.saysAtOnce(Array.from({ length: 20 }, (_, n) => `word ${n}.`));
    await emmy.page.locator(".pending:not(.failed)").first().waitFor({ state: "detached" });
    const refused = await emmy.page.locator(".failed").filter({ hasText: "Not so fast" }).count();
    assert.ok(refused >= 4, `two workers take 8 each, but ${20 - refused} of 20 were taken`);
    assert.equal(await emmy.page.locator(".failed").count(), refused);
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
    await elsewhere.page.close();

    await introduce(first.page, "Finn");
    await first.page.locator("#rooms").waitFor();
  });

  test("who is shown out is out, and stays out", async () => {
    const gus = await enter("Gus");
    await chat.tell('User.find_by!(name: "Gus").update!(blocked_at: Time.current)');
    await gus.signedOut();
    await introduce(gus.page, "Gus");
    await gus.shows("#refusal", "You were shown out.");
  });

  test("without scripts it is a page with forms, and the others see it at once", async () => {
    const page = await (await browser.person({ javaScriptEnabled: false })).newPage();
    await page.goto(chat.sidecar.url);
    await introduce(page, "Hugo");
    await page.getByRole("link", { name: "General" }).click();
    await page.fill("#text", "no scripts here");
    await page.press("#text", "Enter");
    await page.locator(".message .text").filter({ hasText: "no scripts here" }).waitFor();
    await ada.sees("Hugo", "no scripts here");
    await page.close();
  });

  test("a message saved by another process reaches every tab, one that was rolled back none", async () => {
    await chat.runner(`
      Message.transaction { Room.first.messages.create!(text: "oops"); raise ActiveRecord::Rollback }
      Room.first.messages.create!(text: "the report is ready")`);
    await Promise.all([ada.hears("the report is ready"), ben.hears("the report is ready")]);
    assert.equal(await ada.page.locator(".message").filter({ hasText: "oops" }).count(), 0);
  });

  test("a newcomer sees what was said before, also before bin/setup was run again", async () => {
    await ada.say("for those who come later");
    await ada.sees("Ada", "for those who come later");
    await chat.command("bin/setup");
    const cleo = await enter("Cleo");
    await cleo.sees("Ada", "for those who come later");
  });

  test("the app is killed: the tabs stay, and the chat goes on", async () => {
    const { sidecar } = chat;
    const both = [ada, ben];
    const sockets = await Promise.all(both.map((tab) => tab.socketId()));
    const started = await ada.appStarted();
    await sidecar.killApp();
    await ada.say("is anybody there?"); // waits for an app
    await sidecar.line("the app listens", 2);

    await Promise.all(both.map((tab) => tab.appStartedAfter(started)));
    await Promise.all(both.map((tab) => tab.sees("Ada", "is anybody there?")));
    await ben.say("all of us");
    await ada.sees("Ben", "all of us");
    await Promise.all([ada.seesPerson("Ben"), ben.seesPerson("Ada")]);
    assert.deepEqual(await Promise.all(both.map((tab) => tab.socketId())), sockets);
    await Promise.all(both.map((tab) => tab.ages(2)));

    const late = await enter("Ada"); // the session outlived the app
    await ada.signOut();
    await late.signedOut();
  });
});
