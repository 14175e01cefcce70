// Pages of other sites in a real browser: those that `origins` lists come in by every way, scripts from elsewhere
// (JSONP) included; others do not. What a browser tells of a page is what decides.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { House } from "../clients/house.mjs";
import { within } from "../clients/within.mjs";
import { Pages, Site } from "./pages/pages.mjs";

const PATIENCE = 60_000; // ms
const ways = {
  "0.7.11": ["jsonp-polling"], // which shakes hands by a script, too
  "0.9.17": ["jsonp-polling", "xhr-polling", "websocket"],
  "1.3.7": ["jsonp"],
  "2.5.0": ["jsonp", "polling", "websocket"],
};

describe("pages of other sites", { concurrency: true }, () => {
  let house, pages, site;
  // Names of this machine, as browsers know without asking anybody.
  const listed = () => `http://friend.localhost:${site.port}`;
  const unlisted = () => `http://stranger.localhost:${site.port}`;

  before(async () => {
    site = await Site.open();
    pages = await Pages.open();
    house = await House.open({ upstream: site.url, flags: ["--origins", listed()] });
  });

  after(async () => {
    await pages?.close();
    await house?.close();
    site?.close();
  });

  /** Whether a client on that page comes in. */
  function comesIn(host, transport) {
    const socket = host.open({ url: house.url, namespace: "/", claims: {}, transport });
    const verdict = new Promise((resolve) => {
      socket.on("connect", () => resolve(true));
      for (const refusal of ["error", "connect_error", "connect_failed"]) socket.on(refusal, () => resolve(false));
    });
    return within(PATIENCE, "a verdict", Promise.race([verdict, host.broken]));
  }

  for (const [client, transports] of Object.entries(ways)) {
    it(`${client}: ${transports.join(", ")}`, async () => {
      const [friend, stranger] = await Promise.all([listed(), unlisted()].map((page) => pages.host(client, { page })));
      try {
        for (const transport of transports) {
          assert.equal(await comesIn(friend, transport), true, `${transport} from a page that is listed`);
          assert.equal(await comesIn(stranger, transport), false, `${transport} from a page that is not`);
        }
      } finally {
        await Promise.all([friend.close(), stranger.close()]);
      }
    });
  }

  it("a listed page that does not say where it is from cannot come by scripts", async () => {
    const host = await pages.host("2.5.0", { page: listed(), silent: true });
    try {
      assert.equal(await comesIn(host, "jsonp"), false);
      assert.equal(await comesIn(host, "polling"), true); // an Origin is always sent
    } finally {
      await host.close();
    }
  });

  it("the operator is told what to list", async () => {
    const host = await pages.host("2.5.0", { page: unlisted() });
    try {
      await comesIn(host, "polling");
      await house.until(() => house.sidecar.log.some((line) => line.includes("origins") && line.includes(unlisted())), "the hint");
    } finally {
      await host.close();
    }
  });
});
