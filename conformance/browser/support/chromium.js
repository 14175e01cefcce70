// A headless Chromium, for one person or several.

import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const PATIENCE = 20_000; // ms until a page must show what it is expected to

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// A browser and a context that opens tabs. `person` makes another context, with cookies of its own; `close`
// ends all.
export async function launch() {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args: ARGUMENTS });
  const person = async (options) => {
    const context = await browser.newContext(options);
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
    await this.page.goto(`${url}/?${new URLSearchParams(query)}`);
    await this.connected();
    return this;
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

  // Waits until the socket's age has gone on for some more seconds.
  async ages(seconds) {
    const until = (await this.age()) + seconds;
    await this.page.waitForFunction(
      (until) => Number(/^open for (\d+) s$/.exec(document.querySelector("#socket-age").textContent)?.[1]) >= until,
      until,
    );
  }

  // Seconds; -1 when it is not open, or open for a minute already.
  async age() {
    const text = await this.page.locator("#socket-age").textContent();
    return Number(/^open for (\d+) s$/.exec(text)?.[1] ?? -1);
  }
}
