// Connection state recovery with the official client: the wire between it and the sidecar is cut, and
// what it finds afterwards is what it left.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { io } from "socket.io-client";

import { Cable } from "../generations/cable.mjs";
import { House, languages } from "./house.mjs";

const ways = { "polling only": { transports: ["polling"] }, "websocket only": { transports: ["websocket"] } };
const quick = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 40 };

for (const language of languages) {
  describe(`recovery, app in ${language}`, () => {
    let house;
    let observer; // never leaves
    const open = [];

    const connect = async (url, options) => {
      const socket = io(url, { ...quick, ...options });
      open.push(socket);
      socket.heard = [];
      socket.onAny((event, ...args) => socket.heard.push([event, ...args]));
      await once(socket, "connect");
      return socket;
    };

    /** A client in a room of its own, behind a wire that can be cut; `watch` hears of its end. */
    const guest = async (options, room) => {
      const cable = await Cable.to(house.port);
      const socket = await connect(cable.url, options);
      await socket.emitWithAck("join", room);
      await observer.emitWithAck("join", `watch ${socket.id}`);
      return { cable, socket };
    };

    const said = (socket) => socket.heard.filter(([event]) => event === "said").map(([, text]) => text);
    const say = async (room, ...texts) => {
      for (const text of texts) observer.emit("say", room, text);
      await observer.emitWithAck("count", room); // answered after them
    };

    before(async () => {
      house = await House.open({ language, flags: ["--recovery", "60s"] });
      observer = await connect(house.url, ways["websocket only"]);
    });
    after(async () => {
      for (const socket of open) socket.disconnect();
      await house.close();
    });

    for (const [way, options] of Object.entries(ways)) {
      it(`${way}: the same id, rooms and what was missed, in order and once`, async () => {
        const room = `${language} ${way}`;
        const { cable, socket } = await guest(options, room);
        const { id } = socket;
        await say(room, "one", "two");
        const lost = once(socket, "disconnect");
        cable.cut();
        await lost;
        await say(room, "three", "four");
        const back = once(socket, "connect");
        cable.mend();
        await back;
        assert.deepEqual([socket.recovered, socket.id], [true, id]);
        await say(room, "five");
        await house.until(() => said(socket).length >= 5, "the last words");
        assert.deepEqual(said(socket), ["one", "two", "three", "four", "five"]);
        assert.deepEqual(socket.heard.filter(([event]) => event === "welcome-back").map(([, who]) => who), [id]);
        assert.deepEqual(observer.heard.filter(([event]) => event === "gone"), []);
        cable.close();
      });

      it(`${way}: with no event received before`, async () => {
        const cable = await Cable.to(house.port);
        const socket = await connect(cable.url, { ...options, auth: { token: "mine" } });
        const { id } = socket;
        const lost = once(socket, "disconnect");
        cable.cut();
        await lost;
        const back = once(socket, "connect");
        cable.mend();
        await back;
        assert.deepEqual([socket.recovered, socket.id], [true, id]);
        const auth = socket.heard.filter(([event]) => event === "auth").map(([, shown]) => shown);
        assert.deepEqual(auth, [{ token: "mine" }, { token: "mine" }], "the app sees neither pid nor offset");
        cable.close();
      });
    }

    it("takes over a session that the sidecar holds for live", async () => {
      const room = `${language} takeover`;
      const { cable, socket } = await guest(ways["websocket only"], room);
      const { id } = socket;
      await say(room, "one");
      const back = once(socket, "connect");
      cable.sever();
      observer.emit("say", room, "two");
      await back;
      assert.deepEqual([socket.recovered, socket.id], [true, id]);
      await house.until(() => said(socket).length >= 2, "what was on its way");
      assert.deepEqual(said(socket), ["one", "two"]);
      cable.close();
    });

    it("comes back as often as it is cut, and the app hears of one end", async () => {
      const room = `${language} often`;
      const { cable, socket } = await guest(ways["websocket only"], room);
      for (const text of ["a", "b", "c"]) {
        const lost = once(socket, "disconnect");
        cable.cut();
        await lost;
        await say(room, text);
        const back = once(socket, "connect");
        cable.mend();
        await back;
        assert.equal(socket.recovered, true);
      }
      await house.until(() => said(socket).length >= 3, "what was missed");
      assert.deepEqual(said(socket), ["a", "b", "c"]);
      const gone = once(observer, "gone");
      socket.disconnect();
      assert.equal((await gone)[0], "client namespace disconnect");
      assert.equal(observer.heard.filter(([event]) => event === "gone").length, 1);
      cable.close();
    });
  });
}
