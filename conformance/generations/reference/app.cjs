// conformance/app again, for Socket.IO's own servers. `world` is what differs between them:
//
//   broadcast(socket), room(socket, name)   emitters that leave the sender out
//   all(name)                               an emitter to a room
//   count(name), join(socket, name, done), leave(socket, name, done)
//   send(socket, ...args), transport(socket), dialect

"use strict";

const WORDS = "é 漢字 👩‍🚀";
const PICTURE = { name: WORDS, parts: [Buffer.from([0, 127, 128, 255]), { deep: Buffer.alloc(0) }] };
const size = Buffer.byteLength(WORDS);

/** What each event does; a list that it gives, or promises, is acknowledged. */
const handlers = (socket, world) => ({
  message: (...args) => void socket.emit("message-back", ...args),
  "message-with-ack": (...args) => args,
  join: (room) => new Promise((done) => world.join(socket, room, () => done([room]))),
  leave: (room) => new Promise((done) => world.leave(socket, room, () => done([room]))),
  shout: (text) => void world.broadcast(socket).emit("shouted", text),
  "to-user": (user, text) => void world.all(`user ${user}`).emit("personal", text),
  count: (room) => [world.count(room)],
  kick: (close) => void socket.disconnect(close),
  "who-am-i": () => [{ id: socket.id, dialect: world.dialect, transport: world.transport(socket) }],
  greet: () => void socket.emit("greeting", WORDS, { of: [1, null, { [WORDS]: true }] }),
  characters: (text) => [Array.from(text, (character) => character.codePointAt(0))],
  show: () => void socket.emit("picture", PICTURE, "beside it"),
  recognise: (value) => [same(value, PICTURE)],
  ask: (...question) => new Promise((done) => socket.emit("question", ...question, (answer) => done([answer]))),
  "ask-for-picture": () => new Promise((done) => socket.emit("picture-please", (answer) => done([same(answer, PICTURE)]))),
  "count-to": (n) => {
    for (let i = 0; i < n; i++) socket.emit("number", i);
  },
  write: (length) => void socket.emit("letter", WORDS.repeat(Math.floor(length / size))),
  read: (letter) => [[Buffer.byteLength(letter), letter === WORDS.repeat(Math.floor(Buffer.byteLength(letter) / size))]],
  "send-me": (...args) => void world.send(socket, ...args),
  hint: () => void socket.volatile.emit("hint", WORDS),
  personal: (id, text) => void world.all(id).emit("personal", text),
  relay: (room, ...args) => void world.room(socket, room).emit("relayed", ...args),
  publish: (room) => void world.all(room).emit("published", PICTURE, WORDS),
  watch: (id) => new Promise((done) => world.join(socket, `watch ${id}`, () => done([]))),
});

const same = (a, b) => require("node:util").isDeepStrictEqual(a, b);

/** Attaches all of it to a new socket. */
exports.attach = (socket, world, auth) => {
  for (const [event, handler] of Object.entries(handlers(socket, world))) {
    socket.on(event, async (...args) => {
      const answer = typeof args.at(-1) === "function" ? args.pop() : () => {};
      answer(...((await handler(...args)) ?? []));
    });
  }
  socket.on("disconnect", (reason) => world.all(`watch ${socket.id}`).emit("gone", reason));
  if (auth.user) world.join(socket, `user ${auth.user}`, () => {});
  socket.emit("auth", auth);
};
