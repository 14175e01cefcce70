// The app is killed behind its clients, as nobody wishes it and as it happens.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BoardTab, signIn } from "../support/board.js";
import { ChatTab, comeIn } from "../support/chat.js";
import { LIMIT, launch } from "../support/chromium.js";
import { DjangoExample, RailsExample } from "../support/examples.js";

describe("an app that is killed", LIMIT, () => {
  let browser;

  before(async () => {
    browser = await launch();
  });

  after(() => browser?.close());

  async function withExample(Kind, work) {
    const example = await Kind.create();
    try {
      await example.serve();
      await work(example, example.sidecar);
    } finally {
      await example.stop();
    }
  }

  const page = () => browser.context.newPage();

  test("Puma: the tabs stay, and the chat goes on", () => withExample(RailsExample, async (chat, sidecar) => {
    const [adas, bens] = await Promise.all([browser.person(), browser.person()]);
    await Promise.all([comeIn(adas, sidecar.url, "Ada"), comeIn(bens, sidecar.url, "Ben")]);
    const ada = await new ChatTab(await adas.newPage()).enter(sidecar.url);
    const ben = await new ChatTab(await bens.newPage()).enter(sidecar.url, { transport: "polling" });
    await ada.carriedBy("websocket");
    const tabs = [ada, ben];
    const sockets = await Promise.all(tabs.map((tab) => tab.socketId()));
    const started = await ada.appStarted();

    sidecar.killApp();
    await sidecar.line("the app crashed; clients stay connected while it is started again");
    await ada.say("is anybody there?"); // waits for an app
    await sidecar.line("the app listens", 2);

    await Promise.all(tabs.map((tab) => tab.appStartedAfter(started)));
    await Promise.all(tabs.map((tab) => tab.sees("Ada", "is anybody there?")));
    await ben.say("all of us");
    await ada.sees("Ben", "all of us");
    await Promise.all([ada.seesPerson("Ben"), ben.seesPerson("Ada")]);
    assert.deepEqual(await Promise.all(tabs.map((tab) => tab.socketId())), sockets);
    await Promise.all(tabs.map((tab) => tab.ages(2)));
    assert.deepEqual(tabs.flatMap((tab) => tab.errors), []);

    const late = await new ChatTab(await adas.newPage()).enter(sidecar.url); // the session outlived the app
    await ada.signOut();
    await late.signedOut();
    await Promise.all([adas, bens].map((context) => context.close()));
  }));

  test("gunicorn: the boards stay, and commands reach them meanwhile", () => withExample(DjangoExample, async (orders, sidecar) => {
    await signIn(browser.context, sidecar.url, "Grace");
    const board = await new BoardTab(await page()).open(sidecar.url);
    const socket = await board.socketId();

    sidecar.killApp();
    await orders.manage("neworder", "Meanwhile");
    await board.seesOrder("Meanwhile", "new");

    await sidecar.line("the app listens", 2);
    await board.advance("Meanwhile", "new");
    await board.seesOrder("Meanwhile", "cooking");
    assert.equal(await board.socketId(), socket);
    assert.deepEqual(board.errors, []);
    await board.page.close();
  }));
});
