// The examples with the server inside (REALTIME_NATIVE=1): one process, one port, the same pages.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BoardTab, signIn } from "../support/board.js";
import { ChatTab, comeIn } from "../support/chat.js";
import { LIMIT, launch } from "../support/chromium.js";
import { DjangoExample, RailsExample } from "../support/examples.js";

describe("with the server inside", LIMIT, () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  // Starts an example, does something with it, and ends it.
  async function beside(Example, doing) {
    const example = await Example.create();
    try {
      await example.serveItself();
      await doing(example, example.sidecar.url);
      await example.sidecar.stop();
      await example.sidecar.line("stopped"); // in order, before the process
    } finally {
      await example.stop();
    }
  }

  const alike = [{ transport: "polling" }, {}];

  test("two people talk in the Rails chat", () => beside(RailsExample, async (_, url) => {
    const [ada, ben] = await Promise.all(["Ada", "Ben"].map(async (name, index) => {
      const context = await browser.person();
      await comeIn(context, url, name);
      return new ChatTab(await context.newPage()).enter(url, alike[index]);
    }));
    await ben.carriedBy("websocket");
    await ada.say("one process?");
    await ben.sees("Ada", "one process?");
    await ben.say("and one port");
    await ada.sees("Ben", "and one port");
    assert.deepEqual([...ada.errors, ...ben.errors], []);
  }));

  test("the Django board hears a command, which is another process", () => beside(DjangoExample, async (orders, url) => {
    const boards = await Promise.all(["Grace", "Alan"].map(async (name, index) => {
      const context = await browser.person();
      await signIn(context, url, name);
      return new BoardTab(await context.newPage()).open(url, alike[index]);
    }));
    await orders.tell("neworder", "Within");
    await Promise.all(boards.map((board) => board.seesOrder("Within", "new")));
    await boards[0].advance("Within", "new");
    await Promise.all(boards.map((board) => board.seesOrder("Within", "cooking")));
    assert.deepEqual(boards.flatMap((board) => board.errors), []);
  }));
});
