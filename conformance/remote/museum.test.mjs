// What only museum browsers speak: the drafts of WebSocket, and the Flash player's question for a policy.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { freePort, House } from "../clients/house.mjs";
import { WORDS } from "../generations/cases/words.mjs";
import { Line } from "./line.mjs";

// The keys, the challenge and the proof of draft-hixie-thewebsocketprotocol-76, section 1.2.
const KEYS = ["Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00"];
const CHALLENGE = "^n:ds[4U", PROOF = "8jKS'y:G*Co,Wxa-";
const QUESTION = "<policy-file-request/>\0";

describe("museum browsers", { concurrency: true }, () => {
  let house, policies;

  before(async () => {
    policies = await freePort();
    house = await House.open({ flags: ["--flash-policy-listen", `127.0.0.1:${policies}`] });
  });

  after(() => house?.close());

  /** A request for a WebSocket of a new session, without its end. */
  async function request(transport, headers, origin = house.url) {
    const handshake = await (await fetch(`${house.url}/socket.io/1/`)).text();
    const [id, , , transports] = handshake.split(":");
    assert.ok(transports.split(",").includes(transport), handshake);
    const path = `/socket.io/1/${transport}/${id}`;
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${new URL(house.url).host}`, "Connection: Upgrade", ...headers.map((header) => header.replace("{origin}", origin))];
    return { path, head: `${lines.join("\r\n")}\r\n\r\n` };
  }

  /** Speaks protocol 1 over a connection that says and hears texts. */
  async function converse(line, transport) {
    assert.equal(await line.hear(), "1::");
    assert.equal(await line.hear(), '5:::{"name":"auth","args":[{}]}');
    line.say(`5:1+::${JSON.stringify({ name: "message-with-ack", args: [WORDS] })}`);
    assert.equal(await line.hear(), `6:::1+${JSON.stringify([WORDS])}`);
    line.say('5:2+::{"name":"who-am-i"}');
    const [me] = JSON.parse((await line.hear()).slice("6:::2+".length));
    assert.deepEqual([me.dialect, me.transport], ["V09", transport]);
    line.say("3:::".concat("x".repeat(1000)));
    assert.equal((await line.hear()).length, 1000 + '5:::{"name":"message-back","args":[""]}'.length);
  }

  for (const transport of ["websocket", "flashsocket"]) {
    it(`hixie-76, as ${transport}`, async () => {
      const { path, head } = await request(transport, ["Upgrade: WebSocket", "Origin: {origin}", ...KEYS]);
      const line = await Line.to(house.port);
      line.write(head, CHALLENGE);
      const answer = await line.head();
      assert.match(answer.first, /^HTTP\/1\.1 101 /);
      assert.equal(answer.upgrade, "WebSocket");
      assert.equal(answer["sec-websocket-origin"], house.url);
      assert.equal(answer["sec-websocket-location"], house.url.replace("http", "ws") + path);
      assert.equal(String(await line.read(16)), PROOF);
      await converse(line, transport);
      assert.ok(await line.part());
    });
  }

  it("hixie-76 through a proxy that keeps the challenge back until it has seen the answer", async () => {
    const { head } = await request("websocket", ["Upgrade: WebSocket", "Origin: {origin}", ...KEYS]);
    const line = await Line.to(house.port);
    line.write(head);
    assert.match((await line.head()).first, /^HTTP\/1\.1 101 /);
    line.write(CHALLENGE);
    assert.equal(String(await line.read(16)), PROOF);
    await converse(line, "websocket");
    line.close();
  });

  it("hixie-75", async () => {
    const { path, head } = await request("websocket", ["Upgrade: WebSocket", "Origin: {origin}"]);
    const line = await Line.to(house.port);
    line.write(head);
    const answer = await line.head();
    assert.match(answer.first, /^HTTP\/1\.1 101 /);
    assert.equal(answer["websocket-origin"], house.url);
    assert.equal(answer["websocket-location"], house.url.replace("http", "ws") + path);
    await converse(line, "websocket");
    line.close();
  });

  it("hixie from a page of somebody else is refused", async () => {
    const { head } = await request("websocket", ["Upgrade: WebSocket", "Origin: {origin}", ...KEYS], "http://stranger.example");
    const line = await Line.to(house.port);
    line.write(head, CHALLENGE);
    assert.match((await line.head()).first, /^HTTP\/1\.1 403 /);
    line.close();
  });

  const policy = `<cross-domain-policy>`;
  for (const [where, port] of [["a port of its own", () => policies], ["the port of everything else", () => house.port]]) {
    it(`the Flash player's policy, on ${where}`, async () => {
      const line = await Line.to(port());
      line.write(QUESTION);
      const answer = String(await line.rest());
      assert.ok(answer.includes(policy), answer);
      assert.match(answer, /<allow-access-from domain="\*" to-ports="\*"\/>/);
    });
  }

  it("the Flash player's question, cut in pieces", async () => {
    const line = await Line.to(house.port);
    line.socket.setNoDelay(true);
    line.write(QUESTION.slice(0, 5));
    line.write(QUESTION.slice(5));
    assert.ok(String(await line.rest()).includes(policy));
  });
});
