// Events and acknowledgements, both ways.

import assert from "node:assert/strict";

import { letter, picture, pictureAt, WORDS } from "./words.mjs";

const several = [0, 1, -1, 1.5, 2 ** 40, "", "text", true, false, null, [], {}, { a: [{ b: null }], c: [[]] }];

export const talk = [
  {
    feature: "event to the app, several arguments",
    async run({ connect }) {
      const peer = await connect();
      const back = peer.next("message-back");
      peer.emit("message", ...several);
      assert.deepEqual(await back, several);
    },
  },
  {
    feature: "event from the app",
    async run({ connect }) {
      const peer = await connect();
      const greeting = peer.next("greeting");
      peer.emit("greet");
      assert.deepEqual(await greeting, [WORDS, { of: [1, null, { [WORDS]: true }] }]);
    },
  },
  {
    feature: "text of any script to the app",
    async run({ connect }) {
      const peer = await connect();
      // Latin letters only, then others as well: old polling clients are told apart by such differences.
      for (const text of ["é", "Ã©", "naïve", WORDS, "\u2028\0\n\\n\"", "<script>"]) {
        assert.deepEqual(await peer.call("characters", text), [Array.from(text, (character) => character.codePointAt(0))]);
      }
    },
  },
  {
    feature: "acknowledgement from the app",
    async run({ connect }) {
      const peer = await connect();
      assert.deepEqual(await peer.call("message-with-ack", ...several), several);
      assert.deepEqual(await peer.call("message-with-ack"), []);
      assert.deepEqual(await peer.call("message-with-ack", WORDS), [WORDS]);
    },
  },
  {
    feature: "acknowledgement to the app",
    async run({ connect }) {
      const peer = await connect();
      peer.on("question", (a, b, answer) => answer({ WORDS, heard: [a, b] }));
      assert.deepEqual(await peer.call("ask", WORDS, 1), [{ WORDS, heard: [WORDS, 1] }]);
    },
  },
  {
    feature: "`send` and `message`",
    async run({ connect }) {
      const peer = await connect();
      for (const value of [WORDS, "", { WORDS }, [1, 2], 7, null]) {
        const back = peer.next("message-back");
        peer.send(value);
        assert.deepEqual(await back, [value]);
      }
      for (const args of [[WORDS], [""], [{ WORDS }], [7], [WORDS, 2]]) {
        const message = peer.next("message");
        peer.emit("send-me", ...args);
        assert.deepEqual(await message, args);
      }
    },
  },
  {
    feature: "binary from the app",
    async run({ connect, row }) {
      const peer = await connect();
      const shown = peer.next("picture");
      peer.emit("show");
      assert.deepEqual(await shown, [pictureAt(row), "beside it"]);
      return row.lacks.binary ? "arrives as base64 text" : row.lacks.emptyBinary;
    },
  },
  {
    feature: "binary to the app",
    needs: "binary",
    async run({ connect, row }) {
      const peer = await connect();
      assert.deepEqual(await peer.call("recognise", picture()), [true]);
      const back = peer.next("message-back");
      peer.emit("message", "beside", Buffer.alloc(70000, 7), picture());
      assert.deepEqual(await back, ["beside", Buffer.alloc(70000, 7), pictureAt(row)]);
    },
  },
  {
    feature: "binary in acknowledgements",
    needs: "binary",
    async run({ connect, row }) {
      const peer = await connect();
      assert.deepEqual(await peer.call("message-with-ack", 1, picture()), [1, pictureAt(row)]);
      peer.on("picture-please", (answer) => answer(picture()));
      assert.deepEqual(await peer.call("ask-for-picture"), [true]);
    },
  },
  {
    feature: "200 events in order",
    async run({ connect }) {
      const peer = await connect();
      const numbers = Array.from({ length: 200 }, (_, i) => [i]);
      const [down, up] = [peer.take(200, "number"), peer.take(200, "message-back")];
      peer.emit("count-to", 200);
      for (const [number] of numbers) peer.emit("message", number);
      assert.deepEqual(await down, numbers);
      assert.deepEqual(await up, numbers);
    },
  },
  {
    feature: "100 KiB of text",
    async run({ connect }) {
      const peer = await connect();
      const long = letter(100 << 10);
      assert.deepEqual(await peer.call("read", long), [[Buffer.byteLength(long), true]]);
      const written = peer.next("letter");
      peer.emit("write", 100 << 10);
      assert.ok((await written)[0] === long, "not the letter that the app wrote");
    },
  },
  {
    feature: "volatile event from the app",
    async run({ connect }) {
      const peer = await connect();
      // It may be dropped when the client is not being written to, so it is asked for until one comes.
      const hint = peer.next("hint");
      let heard = false;
      hint.then(() => (heard = true), () => {});
      while (!heard) {
        peer.emit("hint");
        await peer.call("message-with-ack");
      }
      assert.deepEqual(await hint, [WORDS]);
    },
  },
  {
    feature: "catch-all in the app",
    async run({ connect }) {
      const peer = await connect();
      const caught = peer.next("caught");
      peer.emit("any thing", 1, { WORDS });
      assert.deepEqual(await caught, ["any thing", 1, { WORDS }]);
    },
  },
  {
    feature: "catch-all in the client",
    needs: "catchAll",
    async run({ connect }) {
      const peer = await connect();
      await peer.call("message-with-ack"); // behind what the connect hook emits
      const heard = [];
      peer.hearAll((...event) => event[0] !== "shouted" && heard.push(event)); // which others do meanwhile
      peer.emit("message", 1);
      await peer.call("message-with-ack"); // behind it, by the order of one socket
      assert.deepEqual(heard, [["message-back", 1]]);
    },
  },
];
