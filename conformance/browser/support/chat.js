// What people do and see on the Rails example's pages.

import { SELDOM, Tab } from "./chromium.js";

// A room's address and name in the list of rooms.
const ROOM = /<a href="(\/rooms\/\d+)">\s*<b class="name">(.*?)</g;

// Signs a browser's person in without a page of it, which would cost as much as the tests' own; its tabs are theirs then.
export async function comeIn({ request }, url, name) {
  const form = await (await request.get(`${url}/session/new`)).text();
  const [, token] = /name="authenticity_token" value="([^"]+)"/.exec(form);
  const rooms = await request.post(`${url}/session`, { form: { authenticity_token: token, "user[name]": name } });
  if (!/id="rooms"/.test(await rooms.text())) throw new Error(`${name} was not let in: ${rooms.status()} ${rooms.url()}`);
}

// The same by the page that asks for a name.
export async function introduce(page, name) {
  await page.fill("#name", name);
  await page.press("#name", "Enter");
}

// A tab in a room.
export class ChatTab extends Tab {
  constructor(page) {
    super(page);
    this.received = [];
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => this.received.push(payload)));
  }

  async enter(url, { room = "General", ...query } = {}) {
    const rooms = await (await this.page.request.get(url)).text(); // not as a page, which would connect
    const [, path] = [...rooms.matchAll(ROOM)].find(([, , name]) => name === room);
    await this.page.goto(`${url}${path}?${new URLSearchParams(query)}`);
    await this.connected();
    return this;
  }

  async say(text) {
    await this.page.fill("#text", text);
    await this.page.press("#text", "Enter");
  }

  // Says all of that within one turn of the page, faster than anybody types.
  saysAtOnce(texts) {
    return this.page.locator("#composer").evaluate((composer, texts) => {
      for (const text of texts) {
        composer.querySelector("#text").value = text;
        composer.requestSubmit();
      }
    }, texts);
  }

  // Types on until another page has shown it: what tells of it is volatile, and shown for a moment only.
  async typesUntil(seen) {
    let typing = true;
    const over = seen.finally(() => { typing = false; });
    while (typing) await Promise.race([over, this.page.locator("#text").pressSequentially("he")]);
    return over;
  }

  // Waits until the message is there once, stored.
  sees(author, text) {
    return this.message(author, text).and(this.page.locator("[data-id]:not([data-id=''])")).waitFor();
  }

  // Waits until the app itself has said so.
  hears(text) {
    return this.shows(".message.system", text);
  }

  message(author, text) {
    return this.page.locator(`.message[data-author="${author}"]`).filter({ hasText: text });
  }

  async deletes(text) {
    const message = this.page.locator(".message.mine").filter({ hasText: text });
    await message.hover();
    await message.getByTitle("Delete").click();
    await message.waitFor({ state: "detached" });
  }

  // Waits until somebody is shown as being here, once. Others may be too: a tab that was closed between
  // two polls is missed only when it does not answer the next ping.
  seesPerson(name) {
    return this.person(name).waitFor();
  }

  person(name) {
    return this.page.getByRole("list", { name: "Who is here" }).getByTitle(name, { exact: true });
  }

  async signOut() {
    await this.page.getByRole("button", { name: "Sign out" }).click();
    await this.signedOut();
  }

  // Waits until the app has sent the page away to sign in.
  signedOut() {
    return this.page.waitForURL(/\/session\/new$/);
  }

  // When the app says it was started, once it has.
  async appStarted() {
    const age = this.page.locator("#app-age:not([data-booted-at=''])[data-booted-at]");
    await age.waitFor();
    return Date.parse(await age.getAttribute("data-booted-at"));
  }

  // Waits until the app says that it was started later than that.
  appStartedAfter(time) {
    return this.page.waitForFunction(
      (time) => Date.parse(document.querySelector("#app-age").dataset.bootedAt) > time,
      time,
      SELDOM,
    );
  }
}

// A tab with the list of rooms.
export class LobbyTab extends Tab {
  async look(url) {
    await this.page.goto(url);
    return this;
  }

  // Waits until the room is listed with so many people; the page must not be loaded anew for that.
  counts(room, text) {
    return this.page.locator("#rooms .room").filter({ hasText: room }).filter({ hasText: text }).waitFor();
  }

  async opensRoom(name) {
    await this.page.fill("#room_name", name);
    await this.page.press("#room_name", "Enter");
    await this.connected();
  }
}
