// The Django orders board: two cooks and a customer, each with a browser of their own.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BoardTab, CustomerTab, signIn } from "../support/board.js";
import { LIMIT, launch } from "../support/chromium.js";
import { DjangoExample } from "../support/examples.js";

// Starts the example, signs people in and gives what tests need; the boards are over both transports.
async function opened() {
  const [orders, browser] = await Promise.all([DjangoExample.create(), launch()]);
  await orders.serve();
  const { url } = orders.sidecar;
  const contexts = {};
  const tabs = [];

  async function tab(Kind, name) {
    tabs.push(new Kind(await contexts[name].newPage()));
    return tabs.at(-1);
  }

  const started = {
    orders, url, tab,
    errors: () => tabs.flatMap((each) => each.errors),
    board: async (name, query) => (await tab(BoardTab, name)).open(url, query),
    customer: async (name) => (await tab(CustomerTab, name)).open(url),
    async stop() {
      await browser.close();
      await orders.stop();
    },
  };
  for (const name of ["Grace", "Alan", "Ada"]) {
    contexts[name] = await browser.person();
    await signIn(contexts[name], url, name);
  }
  started.first = await started.board("Grace");
  started.second = await started.board("Alan", { transport: "polling" });
  await started.first.carriedBy("websocket");
  return started;
}

// A new order, by another process, on both boards.
async function arrived({ orders, first, second }, customer) {
  await orders.tell("neworder", customer);
  await Promise.all([first, second].map((board) => board.seesOrder(customer, "new")));
}

describe("the Django board under gunicorn, preloaded and forked", LIMIT, () => {
  let kitchen, orders, first, second;

  before(async () => {
    kitchen = await opened();
    ({ orders, first, second } = kitchen);
  });

  after(() => kitchen?.stop());

  const python = (code) => orders.tell("shell", "-c", code);

  test("the app's own tests pass", async () => {
    await orders.manage("test", "--verbosity", "0");
  });

  test("an order saved by a command appears on every board", async () => {
    await orders.manage("neworder", "Command", "--total", "12.30");
    await Promise.all([first, second].map((board) => board.seesOrder("Command", "new")));
    assert.match(await second.order("Command", "new").textContent(), /12[.,]30/);
  });

  test("a cook moves an order: all see it, one with animations, the others are told who it was", async () => {
    await second.page.emulateMedia({ reducedMotion: "no-preference" });
    await arrived(kitchen, "Moved");
    await first.advance("Moved", "new");
    await Promise.all([first, second].map((board) => board.seesOrder("Moved", "cooking")));
    await second.sees(/Grace moved #\d+ to cooking/);
    await second.advance("Moved", "cooking");
    await first.sees(/Alan moved #\d+ to ready/);
    await arrived(kitchen, "Later"); // by now Alan's page would have heard of its own move too
    assert.match(await second.page.textContent("#notice"), /^Grace moved/);
    await second.page.emulateMedia({ reducedMotion: "reduce" });
  });

  test("of two cooks who take an order at once one has it, and both see who", async () => {
    await arrived(kitchen, "Wanted");
    await Promise.all([first, second].map((board) => board.claim("Wanted", "new")));
    await Promise.all([first, second].map((board) => board.seesCook("Wanted", "new", /Grace|Alan/)));
    const cooks = await Promise.all([first, second].map((board) => board.cook("Wanted", "new")));
    assert.equal(cooks[0], cooks[1]);
  });

  test("one who is too late reads it in the ack", async () => {
    await arrived(kitchen, "Taken");
    await first.claim("Taken", "new");
    await second.seesCook("Taken", "new", "Grace");
    await second.claim("Taken", "new"); // hidden by now; a page that has not heard of it still shows it
    await second.sees("Grace was faster.");
  });

  test("a customer follows an order that both cooks work on", async () => {
    const page = await kitchen.customer("Ada");
    const number = `#${await page.orderDishes("Lasagne", "Tiramisù")}`;
    await page.reads("We have your order.", "New");
    await Promise.all([first, second].map((board) => board.seesOrder(number, "new")));

    await second.claim(number, "new");
    await second.seesCook(number, "new", "Alan");
    await second.advance(number, "new");
    await page.reads("Alan is cooking.", "Cooking");
    await first.seesOrder(number, "cooking");
    await first.advance(number, "cooking");
    await page.reads("Ready: come and get it!", "Ready");

    const list = await kitchen.customer("Ada"); // by the room of all her orders
    await orders.tell("deliver");
    for (const each of [page, list]) await each.reads("Enjoy your meal!", "Delivered", number);
  });

  test("a customer sees neither the board nor the orders of others", async () => {
    await arrived(kitchen, "Somebody else");
    const { page } = await kitchen.customer("Ada");
    assert.equal(await page.locator("section").count(), 0);
    const refusal = await page.evaluate(() => new Promise((resolve) => {
      const socket = Realtime.connect("/kitchen");
      socket.on("connect", () => resolve("let in"));
      socket.on("connect_error", (error) => resolve(error.message));
    }));
    assert.equal(refusal, "for the kitchen only");
    const path = await first.order("Somebody else", "new").locator(".number").getAttribute("href");
    assert.equal((await page.goto(`${kitchen.url}${path}`)).status(), 404);
  });

  test("an order changed in the admin moves on every board", async () => {
    await arrived(kitchen, "Admin");
    const { page } = await kitchen.tab(BoardTab, "Grace");
    await page.goto(`${kitchen.url}/admin/orders/order/?q=Admin`);
    await page.locator("select[name=form-0-status]").selectOption("ready");
    await page.locator("[name=_save]").click();
    await Promise.all([first, second].map((board) => board.seesOrder("Admin", "ready")));
    await page.close();
  });

  test("what is rolled back is never shown", async () => {
    await assert.rejects(orders.tell("neworder", "Rolled back", "--fail"), /is rolled back/);
    await arrived(kitchen, "Stored");
    for (const board of [first, second]) assert.equal(await board.order("Rolled back", "new").count(), 0);
  });

  test("a deleted order disappears", async () => {
    await arrived(kitchen, "Deleted");
    await python('from orders.models import Order; Order.objects.get(customer="Deleted").delete()');
    await Promise.all([first, second].map((board) => board.order("Deleted", "new").waitFor({ state: "detached" })));
  });

  test("bin/setup may be run again and keeps what there is", async () => {
    await arrived(kitchen, "Before the setup");
    await orders.command("bin/setup");
    await first.page.reload();
    await first.seesOrder("Before the setup", "new");
  });

  test("the boards outlive the app: commands reach them meanwhile, and what a cook asks is answered", async () => {
    await arrived(kitchen, "Asked");
    const sockets = await Promise.all([first, second].map((board) => board.socketId()));
    const { sidecar } = orders;
    await sidecar.killApp();
    await arrived(kitchen, "Meanwhile"); // needs none
    await first.claim("Asked", "new"); // waits for one
    await Promise.all([first, second].map((board) => board.seesCook("Asked", "new", "Grace")));
    await first.advance("Asked", "new");
    await second.seesOrder("Asked", "cooking");
    await Promise.all([first.watchedBy("Alan", "Grace (you)"), second.watchedBy("Alan (you)", "Grace")]);
    assert.deepEqual(await Promise.all([first, second].map((board) => board.socketId())), sockets);
  });

  test("signing out ends all tabs of that login, and nobody else's", async () => {
    const another = await kitchen.board("Alan");
    await first.watchedBy("Alan", "Grace (you)"); // a person in two tabs is seen once
    const socket = await first.socketId();
    await another.signOut();
    await second.signedOut();
    await first.watchedBy("Grace (you)");
    assert.equal(await first.socketId(), socket);
  });

  test("who looks at the board is seen, and who stops is not", async () => {
    await second.signIn("Alan");
    await second.carriedBy("websocket");
    await Promise.all([first.watchedBy("Alan", "Grace (you)"), second.watchedBy("Alan (you)", "Grace")]);
    await second.page.close();
    await first.watchedBy("Grace (you)");
  });

  test("a new password ends the sockets of its user", async () => {
    await python(`
from django.contrib.auth.models import User
grace = User.objects.get(username="grace")
grace.set_password("another one")
grace.save()
`);
    await first.signedOut();
  });

  test("no script of a page failed", () => assert.deepEqual(kitchen.errors(), []));
});
