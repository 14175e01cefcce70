// Blocks that speak to the app from outside: in Node with the official client, and in a real browser.

import { io as connect } from "socket.io-client";

import { printed } from "./blocks.js";
import { check } from "./commands.js";

const PATIENCE = 15_000; // ms until a block must have printed what the guide says

const AsyncFunction = (async () => {}).constructor;

// What a block prints, until it is what the guide says or the time is over.
class Output {
  #text = "";
  #look = () => {};

  add(values) {
    this.#text += `${values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" ")}\n`;
    this.#look();
  }

  async expect(expected) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      this.#look = () => {
        if (!printed(this.#text, expected)) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
    check(this.#text, expected);
  }
}

/** A block of `js client`: `io()` goes to the app, with the cookie of whoever is signed in. */
export class ClientBlock {
  #url;
  #cookie;
  #sockets = [];

  constructor(url, cookie) {
    this.#url = url;
    this.#cookie = cookie;
  }

  async run(text, expected) {
    const output = new Output();
    const console = { log: (...values) => output.add(values), error: (...values) => output.add(values) };
    try {
      await new AsyncFunction("io", "console", "url", text)((...args) => this.#io(...args), console, this.#url);
      await output.expect(expected);
    } finally {
      for (const socket of this.#sockets) socket.disconnect();
    }
  }

  #io(namespace = "/", options = {}) {
    if (typeof namespace === "object") return this.#io("/", namespace);
    const headers = this.#cookie ? { cookie: this.#cookie } : {};
    const socket = connect(this.#url + namespace, { forceNew: true, extraHeaders: headers, ...options });
    this.#sockets.push(socket);
    return socket;
  }
}

/** A block of `js page`: run in a browser, on the app's page. */
export class PageBlock {
  #browser;
  #url;
  #cookie;

  constructor(browser, url, cookie) {
    this.#browser = browser;
    this.#url = url;
    this.#cookie = cookie;
  }

  async run(text, expected) {
    const { context } = this.#browser;
    await context.clearCookies();
    await context.addCookies(this.#cookies());
    const output = new Output();
    const page = await context.newPage();
    try {
      page.on("console", (message) => output.add([message.text()]));
      page.on("pageerror", (error) => output.add([String(error)]));
      await page.goto(this.#url);
      await page.evaluate(`(async () => {\n${text}\n})()`);
      await output.expect(expected);
    } finally {
      await page.close();
    }
  }

  #cookies() {
    return (this.#cookie?.split("; ") ?? []).map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: new URL(this.#url).origin };
    });
  }
}
