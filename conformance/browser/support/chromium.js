// A headless Chromium, for one person or several.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

// Not by import: Node would read the whole of it once more, a second of computing, to find the names that it exports.
const { chromium } = createRequire(import.meta.url)("playwright-core");

// The build without windows costs less, most of all where there are many pages.
const EXECUTABLE = process.env.CHROMIUM ?? ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find(existsSync);

// ms until a page must show what it is expected to: time for an app to start, several times, on a machine
// that is busy with other things. Nothing is proven by its being short.
const PATIENCE = 90_000;

// How often a page looks whether it shows what it should, for waitForFunction: by default it looks before each frame, and
// draws sixty of them in a second for that.
export const SELDOM = { polling: 100 };

// What a suite may take in all before it counts as hanging.
export const LIMIT = { timeout: 600_000 };

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// A browser and a context that opens tabs. `person` makes another context, with cookies of its own, for somebody who
// prefers pages that do not move unless `options` say otherwise: without a graphics card motion costs more than all else
// that the tests do. `close` ends all.
export async function launch() {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args: ARGUMENTS });
  const person = async (options) => {
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE);
    return context;
  };
  return { context: await person(), person, close: () => browser.close() };
}

// A page of an example, as far as both show the same: the status line at its foot.
export class Tab {
  constructor(page) {
    this.page = page;
    this.errors = [];
    this.webSockets = 0;
    page.on("pageerror", (error) => this.errors.push(error));
    page.on("websocket", () => { this.webSockets += 1; });
  }

  async open(url, query = {}) {
    await this.hurry();
    await this.page.goto(`${url}/?${new URLSearchParams(query)}`);
    await this.connected();
    return this;
  }

  // The animations that are left run as in any browser, but are over at once.
  async hurry() {
    const tools = await this.page.context().newCDPSession(this.page);
    await tools.send("Animation.enable");
    await tools.send("Animation.setPlaybackRate", { playbackRate: 100 });
  }

  connected() {
    return this.page.locator("#status[data-connected=true]").waitFor();
  }

  // Waits until the status line names that transport.
  carriedBy(transport) {
    return this.shows("#transport", transport);
  }

  // Waits until an element shows that text; more than one that does is an error.
  shows(selector, text) {
    return this.page.locator(selector).filter({ hasText: text }).waitFor();
  }

  socketId() {
    return this.page.locator("#status").getAttribute("data-socket");
  }

  // Waits until the page shows that its socket has become so many seconds older.
  async ages(seconds) {
    const before = await this.age();
    while ((await this.age()) < before + seconds) {
      const shown = await this.page.locator("#socket-age").textContent();
      await this.page.waitForFunction((shown) => document.querySelector("#socket-age").textContent !== shown, shown, SELDOM);
    }
  }

  // In seconds, as far as the page tells.
  async age() {
    const text = await this.page.locator("#socket-age").textContent();
    const [, minutes, seconds] = /^open for (?:(\d+) min)? ?(?:(\d+) s)?$/.exec(text) ?? assert.fail(text);
    return 60 * Number(minutes ?? 0) + Number(seconds ?? 0);
  }
}
