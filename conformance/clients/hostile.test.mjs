// Whoever breaks the rules loses his own connection, and nobody else notices: neither memory nor the log
// nor any other client or worker. Against a binary with the race detector; REALTIME_RACE_BIN may name one. Over the
// library without it: that detector must be in a program from its start, and is not to be loaded into another one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { io } from "socket.io-client";

import { House, root } from "./house.mjs";
import { inLibrary } from "./ways.mjs";
import { PollingClient, WebSocketClient } from "./wire.mjs";
import { within } from "./within.mjs";

const flags = ["--link-heartbeat", "500ms", "--connect-timeout", "2s", "--body-timeout", "2s"];

const closing = (socket) => new Promise((resolve) => socket.once("close", resolve)); // whatever the error was
const hex = (text) => Buffer.from(text, "hex");
const frame = (...parts) => {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};

// [0, 1, "hello", [{protocol: [1, 1], role: "emitter"}]]
const hello = frame(hex("940001a568656c6c6f9182a870726f746f636f6c920101a4726f6c65a7656d6974746572"));
// [0, 2, "emit", [{event: "x", args: …}]]
const emit = (args) => frame(hex("940002a4656d69749182a56576656e74a178a461726773"), args);

// MessagePack values whose few bytes promise more than there is, or more than a stack can take.
const bombs = {
  "a map of four billion entries": hex("dfffffffff"),
  "an array of four billion items": hex("ddffffffff"),
  "a map of sixteen million entries": hex("df00f42400"),
  "four gigabytes of text": hex("dbffffffff"),
  "four gigabytes of binary": hex("c6ffffffff"),
  "thousands of arrays in each other": Buffer.alloc(60000, 0x91),
  "the byte that means nothing": hex("c1"),
};

const streams = {
  "random bytes": Buffer.concat([hex("7f"), randomBytes(100000)]), // a length beyond all limits first
  "a request of HTTP": Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
  "a length of four gigabytes": hex("ffffffff"),
  "a length of nothing": hex("00000000"),
  "half a frame and then silence": hex("0000010094"),
};
for (const [name, bomb] of Object.entries(bombs)) streams[name] = frame(bomb);

describe("hostile peers", () => {
  let house;
  let directory;
  let normal;
  let atFirst;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "realtime-race-"));
    let sidecar = process.env.REALTIME_RACE_BIN;
    if (!sidecar && !inLibrary) {
      sidecar = path.join(directory, "realtime");
      execFileSync("go", ["build", "-race", "-ldflags=-w", "-o", sidecar, "./sidecar"], { cwd: root, timeout: 300000 });
    }
    house = await House.open({ flags, sidecar });
    normal = io(house.url, { forceNew: true, reconnection: false, transports: ["websocket"] });
    await once(normal, "auth");
    atFirst = resident();
  });

  after(async () => {
    normal?.disconnect();
    await house?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const resident = () => {
    const status = readFileSync(`/proc/${house.sidecar.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
  };

  const allIsWell = async () => {
    assert.equal(await normal.timeout(10000).emitWithAck("message-with-ack", "fine"), "fine");
  };

  /** Sends bytes down a fresh connection and waits until the sidecar has closed it. */
  const attack = async (where, ...bytes) => {
    const socket = dial(where).on("error", () => {});
    const answer = [];
    socket.on("data", (chunk) => answer.push(chunk));
    for (const part of bytes) socket.write(part);
    await within(15000, "the end of a hostile connection", closing(socket));
    return Buffer.concat(answer);
  };

  const complaints = () => house.sidecar.log.filter((line) => /level=(INFO|WARN|ERROR)/.test(line)).length;

  describe("on the app link", () => {
    for (const [what, bytes] of Object.entries(streams)) {
      for (const [when, first] of [["before", []], ["after", [hello]]]) {
        it(`${when} hello: ${what}`, async () => {
          const lines = complaints();
          await attack(house.socket, ...first, bytes);
          await house.until(() => complaints() > lines, "a line in the log");
          await allIsWell();
          // A greeting is a line as well.
          assert.equal(complaints() - lines, 1 + first.length, house.sidecar.log.slice(-5).join("\n"));
        });
      }
    }

    for (const [what, bomb] of Object.entries(bombs)) {
      it(`in the arguments of an emit: ${what}`, async () => {
        await attack(house.socket, hello, emit(bomb));
        await allIsWell();
      });
    }

    it("costs no memory", (t) => {
      const now = resident();
      t.diagnostic(`${atFirst.toFixed(1)} MiB at first, ${now.toFixed(1)} now`);
      assert.ok(now - atFirst < 32, `${now - atFirst} MiB more`);
    });
  });

  it("on the app link: questions without end whose answers are not read", async () => {
    // Long answers: it is the bytes of them that must be too many.
    await Promise.all(Array.from({ length: 50 }, (_, i) => normal.emitWithAck("join", `${i} ${"long ".repeat(50)}`)));
    const socket = dial(house.socket).on("error", () => {});
    const gone = closing(socket);
    socket.pause();
    socket.write(hello);
    // [0, 3, "sockets", [{}]], a hundred times over
    const questions = Buffer.concat(Array(100).fill(frame(hex("940003a7736f636b6574739180"))));
    let over = false;
    gone.then(() => { over = true; });
    while (!over) {
      if (!socket.write(questions)) await Promise.race([gone, new Promise((resolve) => socket.once("drain", resolve))]);
    }
    assert.equal(house.sidecar.log.filter((line) => /unread|does not read/.test(line)).length, 1);
    await allIsWell();
  });

  describe("among the clients", () => {
    const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);
    const packets = {
      "arrays in each other, a hundred thousand deep": `42["message",${nested(100000)}]`,
      "arrays in each other and never closed": `42["message",${"[".repeat(500000)}`,
      "objects in each other": `42["message",${'{"a":'.repeat(100000)}1${"}".repeat(100000)}]`,
      "an ack id of a thousand digits": `42${"9".repeat(1000)}["message"]`,
      "an ack id of 2^64": '4218446744073709551616["message"]',
      "a count of attachments of a thousand digits": `45${"9".repeat(1000)}-["message"]`,
      "a namespace of 100 kB": `40/${"n".repeat(100000)},`,
      "a message beyond the limit": `42["message","${"x".repeat(1100000)}"]`,
    };
    for (const [what, packet] of Object.entries(packets)) {
      it(`by websocket: ${what}`, async () => {
        const client = await WebSocketClient.open(house.url);
        await client.join();
        client.send(packet);
        await client.closed();
        await allIsWell();
      });
    }

    it("a POST beyond the limit is refused, and the session goes on", async () => {
      const client = await PollingClient.open(house.url);
      await client.join();
      const response = await fetch(client.url, { method: "POST", body: "4".repeat(2000000) });
      assert.equal(response.status, 413);
      client.send('42["message",1]');
      assert.equal(await client.next(), '42["message-back",1]');
      client.close();
    });

    it("a POST of a million packets", async () => {
      const client = await PollingClient.open(house.url);
      await client.join();
      client.send(Array(400000).fill("3").join("\x1e"));
      client.send("9");
      await client.closed();
      await allIsWell();
    });

    const upgrade = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
      + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    const frames = {
      "a frame of eight exabytes": hex("81ff7fffffffffffffff00000000"),
      "a frame that is not masked": hex("810134"),
      "a frame with reserved bits": hex("f18100000000ff"),
      "a ping of 126 bytes": hex("89fe007e00000000"),
      "text that is no UTF-8": hex("818200000000c328"),
      "half a frame and then silence": hex("81fe04"),
      "random bytes": randomBytes(100000),
    };
    // Together: each is waited for until it should have closed by itself, which it does not.
    describe("on a websocket", { concurrency: true }, () => {
      for (const [what, bytes] of Object.entries(frames)) {
        it(what, async () => {
          const answer = await attack(house.port, upgrade, bytes);
          assert.match(answer.toString("latin1"), /^HTTP\/1\.1 101 /);
          await allIsWell();
        });
      }
    });

    it("hundreds of requests that never end", async () => {
      const starts = ["", "GET", "GET /socket.io/?EIO=4", upgrade.slice(0, -2), "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4"];
      const open = Array.from({ length: 250 }, (_, i) => {
        const socket = dial(house.port).on("error", () => {});
        socket.write(starts[i % starts.length]);
        return socket;
      });
      await allIsWell();
      for (const socket of open) socket.destroy();
    });

    it("hundreds of connections that never send CONNECT are closed", async () => {
      const open = await Promise.all(Array.from({ length: 200 }, () => WebSocketClient.open(house.url)));
      await allIsWell();
      await Promise.all(open.map((client) => client.closed()));
    });

    it("clients that do not read while a storm goes over all are closed, the others hear all of it", async () => {
      const slow = await Promise.all(Array.from({ length: 5 }, async () => {
        const client = await WebSocketClient.open(house.url);
        await client.join();
        client.socket.pause();
        return client;
      }));
      const text = "x".repeat(100000);
      let heard = 0;
      normal.on("heard", () => heard++);
      for (let sent = 1; sent <= 150; sent++) {
        normal.emit("everyone", text);
        await house.until(() => heard === sent, `broadcast ${sent}`);
      }
      normal.off("heard");
      for (const client of slow) client.socket.resume();
      await Promise.all(slow.map((client) => client.closed()));
      await allIsWell();
    });
  });

  it("costs no memory that stays", async (t) => {
    const round = async () => {
      for (const [what, bytes] of Object.entries(streams)) {
        if (!what.includes("silence")) await Promise.all([attack(house.socket, bytes), attack(house.socket, hello, bytes)]);
      }
      for (const bomb of Object.values(bombs)) await attack(house.socket, hello, emit(bomb));
      const clients = await Promise.all(Array.from({ length: 20 }, () => WebSocketClient.open(house.url)));
      for (const client of clients) client.send(`42["message",${"[".repeat(500000)}`);
      await Promise.all(clients.map((client) => client.closed()));
    };
    await round();
    // Three rounds bring 30 MB of text. What is kept grows each time; what the collector and the race detector take at
    // their ease does not.
    let grown = Infinity;
    for (let times = 0; times < 3 && grown >= 24; times++) {
      const before = resident();
      for (let i = 0; i < 3; i++) await round();
      grown = resident() - before;
      t.diagnostic(`${before.toFixed(1)} MiB, ${grown.toFixed(1)} more after three rounds`);
    }
    assert.ok(grown < 24, `${grown} MiB more, each time`);
  });

  it("leaves no race, no panic and nobody disconnected", async () => {
    await allIsWell();
    assert.ok(normal.connected);
    assert.deepEqual(house.sidecar.log.filter((line) => /DATA RACE|panic|level=ERROR/.test(line)), []);
  });
});
