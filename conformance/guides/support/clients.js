// Blocks that speak to the app from outside: in Node with the official client, and in a real browser.

import { io as connect } from "socket.io-client";

import { printed } from "./blocks.js";

const PATIENCE = 60_000; // ms until a block must have printed what the guide says

const AsyncFunction = (async () => {}).constructor;

// What a block prints, until it is what the guide says or the time is over.
class Output {
  #text = "";
  #look = () => {};

  add(values) {
    this.#text += `${values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" ")}\n`;
    this.#look();
  }

  // Waits for the block's end and for what it is to print.
  async expect(expected, work) {
    let timer;
    const late = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`after ${PATIENCE} ms this was expected:\n${expected}\nand this was printed:\n${this.#text}`)), PATIENCE);
    });
    const said = new Promise((resolve) => {
      this.#look = () => printed(this.#text, expected) && resolve();
      this.#look();
    });
    await Promise.race([late, Promise.all([work, said])]).finally(() => clearTimeout(timer));
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
      await output.expect(expected, new AsyncFunction("io", "console", "url", text)((...args) => this.#io(...args), console, this.#url));
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
    const context = await this.#browser.person();
    await context.addCookies(this.#cookies());
    const output = new Output();
    const page = await context.newPage();
    try {
      page.on("console", (message) => output.add([message.text()]));
      page.on("pageerror", (error) => output.add([String(error)]));
      await page.goto(this.#url);
      await output.expect(expected, page.evaluate(`(async () => {\n${text}\n})()`));
    } finally {
      await context.close();
    }
  }

  #cookies() {
    return (this.#cookie?.split("; ") ?? []).map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: new URL(this.#url).origin };
    });
  }
}
