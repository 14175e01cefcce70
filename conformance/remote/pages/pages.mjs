// Pages with old browser bundles, each in a browsing context of its own: a context has its own connections,
// of which a browser opens six at most to one place.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";

import { launch } from "../../browser/support/chromium.js";
import { Host } from "../host.mjs";

const bundles = new URL("../../../tmp/remote/bundles/", import.meta.url);
const here = new URL("./", import.meta.url);

// Where it says Gecko, JSONP opens a frame more for each poll, to stop a spinner that nobody sees.
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64)";

/** The app's own web server: a page for each client, and what it loads. */
export class Site {
  static async open(handle = () => false) {
    const site = new Site();
    site.server = createServer((request, response) => {
      if (!handle(request, response)) site.#serve(request, response);
    }).listen(0, "127.0.0.1");
    await once(site.server, "listening");
    site.port = site.server.address().port;
    site.url = `http://127.0.0.1:${site.port}`;
    return site;
  }

  #serve(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    const [, folder, name] = /^\/(bundles|driver)\/([\w.-]+\.js)$/.exec(pathname) ?? [];
    if (folder) {
      response.setHeader("Content-Type", "text/javascript; charset=utf-8");
      return response.end(readFileSync(new URL(name, folder === "bundles" ? bundles : here)));
    }
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    return response.end(page(searchParams));
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

// Nobody looks at the forms and frames of JSONP, and to lay out 100 KiB of text takes seconds.
const UNSEEN = "<style>form, iframe { display: none }</style>";

function page(query) {
  const scripts = [
    ...(query.has("htmlfile") ? ["/driver/htmlfile.js"] : []),
    `/bundles/${query.get("client")}.js`,
    "/driver/driver.js",
  ];
  const silent = query.has("silent") ? '<meta name="referrer" content="no-referrer">' : "";
  return `<!doctype html><meta charset="utf-8">${silent}<title>${query.get("client")}</title>${UNSEEN}<body>`
    + scripts.map((source) => `<script src="${source}"></script>`).join("");
}

/** A browser full of hosts. */
export class Pages {
  #browser;

  static async open() {
    const pages = new Pages();
    pages.#browser = await launch();
    return pages;
  }

  /**
   * A host with the bundle of that version. Each of its clients is on a page that comes from where the client
   * goes, unless `page` says from where. A client that is `unclosable` is closed as its page is left. The requests
   * of a `silent` page do not say where it is from.
   */
  async host(version, { htmlfile = false, silent = false, unclosable = false, page } = {}) {
    const context = await this.#browser.person({ userAgent: USER_AGENT });
    const search = new URLSearchParams({ client: version, ...(htmlfile && { htmlfile }), ...(silent && { silent }) });
    const tabs = new Map(); // by where they come from
    const homes = new Map(); // the tab of each client
    const place = async ({ client, over, url }) => {
      const from = page ?? url;
      if (over === undefined && !tabs.has(from)) tabs.set(from, await tab(context, `${from}/?${search}`, host));
      homes.set(client, over === undefined ? tabs.get(from) : homes.get(over));
    };
    const leave = async (home) => {
      for (const [from, tab] of tabs) if (tab === home) tabs.delete(from);
      await home.page.close();
    };
    const host = new Host(async (messages) => {
      for (const message of messages) if (message.do === "open" || message.do === "join") await place(message);
      for (const home of new Set(messages.map(({ client }) => homes.get(client)))) {
        const errand = messages.filter(({ client }) => homes.get(client) === home);
        if (home.page.isClosed()) continue;
        if (unclosable && errand.some((message) => message.do === "close")) await leave(home);
        else await home.drive(errand);
      }
    });
    host.close = () => context.close();
    return host;
  }

  /** A person with a page. */
  async tab(url) {
    const tab = await (await this.#browser.person()).newPage();
    await tab.goto(url);
    return tab;
  }

  close() {
    return this.#browser.close();
  }
}

/**
 * A page with a driver. What goes between the two takes the shortest way that the browser has, in one direction
 * each: the ways of Playwright answer every message, which doubles what the browser has to do.
 */
async function tab(context, address, host) {
  const page = await context.newPage();
  page.on("pageerror", ({ message }) => console.log(`${address}: ${message}`)); // old clients have their bugs
  const wire = await context.newCDPSession(page);
  wire.on("Runtime.bindingCalled", ({ payload }) => JSON.parse(payload).forEach((report) => host.heard(report)));
  await wire.send("Runtime.enable");
  await wire.send("Runtime.addBinding", { name: "carry" });
  await page.goto(address);
  return {
    page,
    async drive(messages) {
      const { exceptionDetails } = await wire.send("Runtime.evaluate", { expression: `drive(${JSON.stringify(messages)})` });
      if (exceptionDetails) throw new Error(`${address}: ${exceptionDetails.exception.description}`);
    },
  };
}
