// The Django orders board, under a forking gunicorn and under Django's own server.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "../support/chromium.js";
import { DjangoExample } from "../support/examples.js";
import { BoardTab } from "../support/tabs.js";

const LIMIT = { timeout: 120_000 };

const SERVERS = {
  "gunicorn, preloaded and forked": (orders) => orders.serve(),
  "manage.py runserver": (orders) => orders.serveForDevelopment(),
};

for (const [server, serve] of Object.entries(SERVERS)) {
  describe(`the Django board under ${server}`, LIMIT, () => {
    let orders;
    let browser;
    let boards;

    before(async () => {
      [orders, browser] = await Promise.all([DjangoExample.create(), launch()]);
      await serve(orders);
      const queries = [{}, { transport: "polling" }];
      boards = await Promise.all(queries.map(async (query) =>
        new BoardTab(await browser.context.newPage()).open(orders.sidecar.url, query)));
      await boards[0].carriedBy("websocket");
    });

    after(async () => {
      await browser?.close();
      await orders?.stop();
    });

    const all = (look) => Promise.all(boards.map(look));

    test("an order saved by a command appears on every board", async () => {
      await orders.manage("neworder", "Command", "--total", "12.30");
      await all((board) => board.seesOrder("Command", "new"));
      assert.match(await boards[1].order("Command", "new").textContent(), /12[.,]30/);
    });

    test("a button moves an order on every board", async () => {
      await orders.manage("neworder", "Button");
      await all((board) => board.seesOrder("Button", "new"));
      await boards[1].advance("Button", "new");
      await all((board) => board.seesOrder("Button", "cooking"));
    });

    test("what is rolled back is never shown", async () => {
      await orders.manage("shell", "-c", `
from django.db import transaction
from orders.samples import next_number, sample
try:
    with transaction.atomic():
        order = sample(next_number())
        order.customer = "Rolled back"
        order.save()
        raise KeyError
except KeyError:
    order.customer = "Stored"
    order.save()
`);
      await all((board) => board.seesOrder("Stored", "new"));
      for (const board of boards) assert.equal(await board.order("Rolled back", "new").count(), 0);
    });

    test("a deleted order disappears", async () => {
      await orders.manage("neworder", "Deleted");
      await all((board) => board.seesOrder("Deleted", "new"));
      await orders.manage("shell", "-c", 'from orders.models import Order; Order.objects.get(customer="Deleted").delete()');
      await all((board) => board.order("Deleted", "new").waitFor({ state: "detached" }));
    });

    test("bin/setup may be run again and keeps what there is", async () => {
      await orders.manage("neworder", "Before the setup");
      await orders.command("bin/setup");
      await boards[0].page.reload();
      await boards[0].seesOrder("Before the setup", "new");
    });

    test("no script of the page failed", () => {
      assert.deepEqual(boards.flatMap((board) => board.errors), []);
    });
  });
}
