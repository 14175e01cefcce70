// What is not Socket.IO goes through to the app unchanged: pages under load, streams, large bodies, and
// the app's own WebSockets.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import WebSocket, { WebSocketServer } from "ws";

import { House } from "./house.mjs";
import { sidecarOnly } from "./ways.mjs";
import { WebApp } from "./webapp.mjs";
import { within } from "./within.mjs";

const run = promisify(execFile);
const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const mebibytes = (count) => count << 20;
const LARGE = mebibytes(8); // bytes, as much as /download has: hundreds of times what the proxy reads at once
const installed = spawnSync("ab", ["-V"]).error === undefined;

for (const name of ["gunicorn, preloaded", "puma, phased"]) {
  describe(`${name}, behind the proxy`, sidecarOnly("two workers would be two servers"), () => {
    let app;
    let url;

    before(async () => {
      app = await WebApp.open(name);
      url = app.house.url;
    });
    after(() => app?.close());

    // Each of the 20 connections is used again two dozen times.
    it("answers 500 requests, 20 at a time", async () => {
      const pids = new Set();
      let left = 500;
      await Promise.all(Array.from({ length: 20 }, async () => {
        while (left-- > 0) {
          const response = await fetch(url);
          assert.equal(response.status, 200);
          pids.add(Number(await response.text()));
        }
      }));
      for (const pid of pids) assert.ok(app.workers().includes(pid), `${pid} is no worker`);
    });

    if (installed) for (const kind of [[], ["-k"]]) { // of HTTP/1.0, which fetch is not
      it(`fails no request of ${["ab", ...kind].join(" ")}`, async () => {
        const { stdout } = await run("ab", ["-q", "-l", ...kind, "-n", "1000", "-c", "20", `${url}/`], { timeout: 60000 });
        for (const text of [/Complete requests: +1000\n/, /Failed requests: +0\n/]) assert.match(stdout, text);
        assert.doesNotMatch(stdout, /Non-2xx/);
      });
    }

    it("keeps status and body of an error page, and answers HEAD", async () => {
      const page = await fetch(`${url}/nowhere`);
      assert.deepEqual([page.status, await page.text()], [404, "not here"]);
      const head = await fetch(`${url}/download`, { method: "HEAD" });
      assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, String(LARGE), ""]);
    });

    it("passes server-sent events on as they come", async () => {
      const response = await fetch(`${url}/events`);
      assert.equal(response.headers.get("content-type"), "text/event-stream");
      const times = [];
      let text = "";
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        while (text.split("\n\n").length - 1 > times.length) times.push(Date.now());
      }
      assert.equal(text, [0, 1, 2, 3, 4].map((n) => `data: ${n}\n\n`).join(""));
      // The app takes 800 ms from the first to the last. All at once would be 0.
      assert.ok(times[4] - times[0] > 600, `arrived at ${times.map((time) => time - times[0])}`);
    });

    it("carries a download of 8 MiB", async () => {
      const piece = Buffer.from(Array.from({ length: 65536 }, (_, i) => i & 255));
      const expected = createHash("sha256");
      for (let at = 0; at < LARGE; at += piece.length) expected.update(piece);
      const digest = createHash("sha256");
      const response = await fetch(`${url}/download`);
      for await (const chunk of response.body) digest.update(chunk);
      assert.equal(digest.digest("hex"), expected.digest("hex"));
    });

    it("carries an upload of 8 MiB, with its length and in chunks", async () => {
      const body = randomBytes(LARGE);
      const whole = await fetch(`${url}/upload`, { method: "POST", body });
      assert.equal(await whole.text(), sha256(body));
      const pieces = Readable.from((function* () {
        for (let at = 0; at < body.length; at += 100000) yield body.subarray(at, at + 100000);
      })());
      const chunked = await fetch(`${url}/upload`, { method: "POST", body: pieces, duplex: "half" });
      assert.equal(await chunked.text(), sha256(body));
    });

    it("still has both workers on the link", async () => {
      assert.equal(app.workers().length, 2);
      assert.deepEqual(app.house.sidecar.log.filter((line) => /level=(WARN|ERROR)/.test(line)), []);
    });
  });
}

describe("a WebSocket of the app's own", () => {
  let house;
  let server;
  let cable;
  const requests = [];

  before(async () => {
    server = createServer((_, response) => response.end("a page")).listen(0, "127.0.0.1");
    await once(server, "listening");
    cable = new WebSocketServer({ server, path: "/cable", handleProtocols: () => "actioncable-v1-json" });
    cable.on("connection", (socket, request) => {
      requests.push(request);
      socket.send("welcome"); // in the same packet as the 101, or right behind
      socket.on("message", (data, binary) => {
        if (!binary && data.toString() === "close me") socket.close(4001, "as asked");
        else socket.send(data, { binary });
      });
    });
    house = await House.open({ app: false, upstream: `http://127.0.0.1:${server.address().port}` });
  });

  after(async () => {
    for (const socket of cable.clients) socket.terminate();
    await house?.close();
    server.closeAllConnections();
    server.close();
  });

  const open = async () => {
    const socket = new WebSocket(`${house.url.replace("http", "ws")}/cable?token=a%20b`, ["actioncable-v1-json"],
      { headers: { cookie: "session=1" }, origin: "https://app.example" });
    const welcome = await within(10000, "a welcome", once(socket, "message"));
    assert.equal(welcome[0].toString(), "welcome");
    return socket;
  };

  it("is opened with what the client asked for", async () => {
    const socket = await open();
    assert.equal(socket.protocol, "actioncable-v1-json");
    const { url, headers } = requests.at(-1);
    assert.deepEqual([url, headers.cookie, headers.origin, headers.host, headers["x-forwarded-for"]],
      ["/cable?token=a%20b", "session=1", "https://app.example", new URL(house.url).host, "127.0.0.1"]);
    socket.terminate();
  });

  it("carries text and binary of any size, in order", async () => {
    const socket = await open();
    const messages = ["short", "é😀", "", Buffer.from([0, 255]), randomBytes(mebibytes(4)), "x".repeat(200000)];
    const back = [];
    socket.on("message", (data, binary) => back.push(binary ? data : data.toString()));
    for (const message of messages) socket.send(message);
    await house.until(() => back.length === messages.length, "the echoes");
    assert.ok(messages.every((message, i) => (typeof message === "string" ? message === back[i] : message.equals(back[i]))));
    socket.terminate();
  });

  it("passes pings through to the app", async () => {
    const socket = await open();
    socket.ping("are you there");
    const [payload] = await within(10000, "a pong", once(socket, "pong"));
    assert.equal(payload.toString(), "are you there");
    socket.terminate();
  });

  it("closes with the app's code and words", async () => {
    const socket = await open();
    socket.send("close me");
    const [code, why] = await within(10000, "the close", once(socket, "close"));
    assert.deepEqual([code, why.toString()], [4001, "as asked"]);
  });

  it("ends at the app when the client vanishes", async () => {
    const socket = await open();
    await house.until(() => cable.clients.size === 1, "the earlier ones to end");
    socket.terminate();
    await house.until(() => cable.clients.size === 0, "the app's end to close");
  });

  it("is refused as the app refuses it", async () => {
    const socket = new WebSocket(`${house.url.replace("http", "ws")}/elsewhere`);
    const [error] = await within(10000, "the refusal", once(socket, "error"));
    assert.match(error.message, /400/);
  });
});
