// Clients without Socket.IO: a bare WebSocket, an event stream, and a GET now and then.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { io } from "socket.io-client";
import WebSocket from "ws";

import { House, languages } from "./house.mjs";

const secret = "0123456789abcdef0123456789abcdef";
const soon = () => Math.floor(Date.now() / 1000) + 60;
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token that opens rooms, as the app would make it. */
const token = (rooms, claims = {}) => {
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part({ aud: "realtime.room", rooms, exp: soon(), ...claims })}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
};

/** What a WebSocket or a stream has been told so far, and the next it will be, unless it ends before that. */
class Told {
  #list = [];
  #waiting = [];
  #over = false;

  add(text) {
    const object = JSON.parse(text);
    const next = this.#waiting.shift();
    if (next) next.resolve(object);
    else this.#list.push(object);
  }

  end() {
    this.#over = true;
    for (const { reject } of this.#waiting) reject(new Error("the connection has ended"));
  }

  async next() {
    if (this.#list.length > 0) return this.#list.shift();
    if (this.#over) throw new Error("the connection has ended");
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

for (const language of languages) {
  describe(`plain clients, app in ${language}`, () => {
    let house;
    let guest; // a Socket.IO client
    const open = [];
    const where = (query, scheme = "http") => `${scheme}://127.0.0.1:${house.port}/socket.io/plain?${new URLSearchParams(query)}`;

    const webSocket = async (query, ...more) => {
      const ws = new WebSocket(where(query, "ws"), ...more);
      open.push(() => ws.terminate());
      const told = new Told();
      ws.on("message", (data) => told.add(data.toString()));
      ws.on("close", () => told.end());
      ws.told = told;
      await once(ws, "open");
      return ws;
    };

    /** An EventSource as far as the wire goes. */
    const events = async (query, headers = {}) => {
      const ending = new AbortController();
      open.push(() => ending.abort());
      const answer = await fetch(where(query), { headers: { Accept: "text/event-stream", ...headers }, signal: ending.signal });
      const told = new Told();
      told.ids = [];
      const reading = (async () => {
        let text = "";
        for await (const chunk of answer.body) {
          text += Buffer.from(chunk).toString();
          const blocks = text.split("\n\n");
          text = blocks.pop();
          for (const line of blocks.flatMap((block) => block.split("\n"))) {
            if (line.startsWith("id: ")) told.ids.push(line.slice(4));
            if (line.startsWith("data: ")) told.add(line.slice(6));
          }
        }
      })();
      reading.catch(() => {}).finally(() => told.end()); // aborted, at the end
      return { answer, told, ended: reading };
    };

    const missed = async (query) => (await fetch(where(query))).json();

    before(async () => {
      house = await House.open({ language, flags: ["--plain-clients", "--plain-subprotocols", "board.v1", "--token-keys", secret] });
      guest = io(house.url, { forceNew: true, transports: ["websocket"] });
      await once(guest, "connect");
    });
    after(async () => {
      guest.disconnect();
      for (const end of open) end();
      await house.close();
    });

    it("a WebSocket follows a room, sends events and answers", async () => {
      const ws = await webSocket({ room_tokens: token(["board"]) });
      const { event, args: [{ sid }] } = await ws.told.next();
      assert.deepEqual([event, sid.length], ["connect", 20]);
      assert.equal((await ws.told.next()).event, "auth"); // what the app's hook emits to everybody
      guest.emit("say", "board", "é 漢字 👩‍🚀");
      const { offset, ...said } = await ws.told.next();
      assert.deepEqual([said, typeof offset], [{ event: "said", args: ["é 漢字 👩‍🚀"] }, "string"]);

      ws.send(JSON.stringify({ event: "who-am-i", id: 5 }));
      const { ack, args: [me] } = await ws.told.next();
      assert.deepEqual([ack, me.dialect, me.transport, me.id], [5, "Plain", "websocket", sid]);
      ws.send(JSON.stringify({ event: "ask-me", args: ["why?"], id: 6 }));
      const question = await ws.told.next();
      assert.deepEqual([question.event, question.args], ["question", ["why?"]]);
      ws.send(JSON.stringify({ ack: question.id, args: ["because"] }));
      assert.deepEqual(await ws.told.next(), { ack: 6, args: ["because"] });
    });

    it("a WebSocket that writes something else is closed, and nobody else is", async () => {
      for (const text of ["hello", "[]", '{"args":[]}', '{"event":"x","args":{}}', '{"event":1}', '{"event":"connect"}']) {
        const ws = await webSocket({});
        ws.send(text);
        await once(ws, "close");
      }
      assert.equal(await guest.emitWithAck("count", "board") >= 0, true);
    });

    it("a token that does not count is refused, with words", async () => {
      const ws = await webSocket({ room_tokens: token(["board"], { exp: 1 }) });
      const { event, args } = await ws.told.next();
      assert.deepEqual([event, args[0].data], ["connect_error", { code: "room_token_expired" }]);
      await once(ws, "close");
      const { told, ended } = await events({ room_tokens: "nonsense" });
      assert.equal((await told.next()).args[0].data.code, "room_token_invalid");
      await ended;
    });

    it("a sub-protocol is one of the configured ones", async () => {
      const ws = await webSocket({}, ["other", "board.v1"]);
      assert.equal(ws.protocol, "board.v1");
      const refused = new WebSocket(where({}, "ws"), ["other"]);
      const [error] = await once(refused, "error");
      assert.match(error.message, /400/);
    });

    it("an event stream follows a room, and goes on where it was", async () => {
      const room = `stream ${language}`;
      const first = await events({ room_tokens: token([room]) });
      assert.match(first.answer.headers.get("content-type"), /^text\/event-stream/);
      assert.equal((await first.told.next()).event, "connect");
      assert.equal((await first.told.next()).event, "auth");
      guest.emit("say", room, "one");
      assert.deepEqual((await first.told.next()).args, ["one"]);
      open.pop()();
      guest.emit("say", room, "two");
      await guest.emitWithAck("count", room);
      const again = await events({ room_tokens: token([room]) }, { "Last-Event-ID": first.told.ids.at(-1) });
      assert.deepEqual((await again.told.next()).args, ["two"], "what was missed comes first");
      assert.equal((await again.told.next()).event, "connect");
      const lost = await events({ room_tokens: token([room]) }, { "Last-Event-ID": "1" });
      assert.equal((await lost.told.next()).event, "realtime:gap");
    });

    it("a GET now and then gets what was emitted meanwhile", async () => {
      const room = `poll ${language}`;
      const query = { room_tokens: token([room, "another"]) };
      const begin = await missed(query);
      assert.deepEqual([begin.events, begin.complete], [[], true]);
      guest.emit("say", room, "one");
      guest.emit("say", "not mine", "secret");
      guest.emit("say", "another", "two");
      await guest.emitWithAck("count", room);
      const got = await missed({ ...query, since: begin.offset });
      assert.deepEqual(got.events.map(({ event, args }) => [event, ...args]), [["said", "one"], ["said", "two"]]);
      assert.deepEqual((await missed({ ...query, since: got.offset })).events, []);
      assert.deepEqual((await missed({ ...query, since: got.events[0].offset })).events.map(({ args }) => args[0]), ["two"]);
      assert.equal((await missed({ ...query, since: "1" })).complete, false);
    });

    it("a GET without a token that counts gets nothing", async () => {
      for (const [query, status] of [[{}, 401], [{ room_tokens: "x" }, 403], [{ room_tokens: token(["r"], { ns: "/other" }) }, 403]]) {
        assert.equal((await fetch(where(query))).status, status);
      }
      const foreign = await fetch(where({ room_tokens: token(["r"]) }), { headers: { Origin: "https://elsewhere.example" } });
      assert.equal(foreign.status, 403);
    });
  });
}

describe("plain clients, switched off", () => {
  it("are not there", async () => {
    const house = await House.open({ app: false });
    const answer = await fetch(`${house.url}/socket.io/plain`);
    assert.equal(answer.status, 400);
    await house.close();
  });
});
