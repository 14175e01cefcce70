// Pages with nothing but what a browser has built in, as the guide about plain clients writes them: they follow a
// room by a token of the app, and miss nothing when their connection breaks.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { Cable } from "../../generations/cable.mjs";
import { LIMIT, launch } from "../support/chromium.js";
import { BINARY, REPOSITORY, Sidecar } from "../support/sidecar.js";

const execute = promisify(execFile);
const APP = join(REPOSITORY, "conformance/browser/support/bare.js");
const WORDS = "é 漢字 👩‍🚀";

describe("pages without a library", LIMIT, () => {
  let browser, folder, sidecar, environment;
  const cables = [];

  before(async () => {
    browser = await launch();
    folder = await mkdtemp(join(tmpdir(), "realtime-"));
    environment = {
      REALTIME_SOCKET: join(folder, "realtime.sock"), REALTIME_CONNECT: "open", REALTIME_PLAIN_CLIENTS: "true",
      REALTIME_TOKEN_KEYS: "a secret of the tests, long enough to be one",
    };
    sidecar = await Sidecar.run({ folder, command: [process.execPath, APP], environment });
  });

  after(async () => {
    await browser?.close();
    for (const cable of cables) cable.close();
    await sidecar?.stop();
    await rm(folder, { recursive: true });
  });

  const emit = (room, event, ...args) => execute(BINARY, ["emit", "--to", room, event, ...args.map((arg) => JSON.stringify(arg))], {
    cwd: folder, env: { ...process.env, ...environment },
  });

  // A page that runs one of the programs, behind a wire that can be cut. `shows` waits until it has shown an event as often as
  // said, `seen` is what the page has shown of the app's own events.
  async function open(program, room) {
    const cable = await Cable.to(new URL(sidecar.url).port);
    cables.push(cable);
    const page = await browser.context.newPage();
    page.on("pageerror", (error) => { throw error; });
    const asked = program === "poll.js" && page.waitForResponse(/\/plain\?/); // from where it asks
    await page.goto(`${cable.url}/?${new URLSearchParams({ program, room })}`);
    await asked;
    const shown = async () => (await page.locator("li").allTextContents()).map((text) => JSON.parse(text));
    const shows = (wanted, times = 1) => page.waitForFunction(([wanted, times]) => {
      const list = [...document.querySelectorAll("li")].map(({ textContent }) => JSON.parse(textContent));
      return list.filter(([event, ...args]) => event === wanted || args[0] === wanted).length >= times;
    }, [wanted, times]);
    return {
      cable, shows,
      seen: async () => (await shown()).filter(([event]) => event === "news").map(([, text]) => text),
      events: async () => (await shown()).map(([event]) => event),
      close: () => page.close(),
    };
  }

  for (const program of ["websocket.js", "eventsource.js"]) {
    test(`${program}: what is emitted, and what was emitted while the connection was broken`, async () => {
      const page = await open(program, program);
      await page.shows("connect");
      page.cable.cut(); // before it has received anything
      await emit(program, "news", "while it was away");
      page.cable.mend();
      await page.shows("connect", 2);
      await emit("elsewhere", "news", "not for it");
      await emit(program, "news", WORDS, { deep: [1, null] });
      await page.shows(WORDS);
      assert.deepEqual(await page.seen(), ["while it was away", WORDS]);
      assert.equal((await page.events()).includes("realtime:gap"), false);
      await page.close();
    });
  }

  test("poll.js: what was emitted since the last time", async () => {
    const page = await open("poll.js", "now and then");
    for (const text of [WORDS, "two"]) {
      await emit("now and then", "news", text);
      await page.shows(text);
    }
    assert.deepEqual(await page.seen(), [WORDS, "two"]);
    await page.close();
  });
});
