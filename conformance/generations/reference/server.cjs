// Socket.IO's own server of one generation: node server.cjs 0.9|1|2|4 PORT. It says "listening" when it does.

"use strict";

const { attach } = require("./app.cjs");

const [version, port] = [process.argv[2], Number(process.argv[3])];
const refusal = (claims, namespace) => claims.reject ?? claims[`reject ${namespace}`];

function elder() {
  const io = require("server-0.9").listen(port, { "log level": 0, "heartbeat interval": 1 });
  io.set("authorization", ({ query }, answer) => answer(null, !query.reject));
  io.of("/custom").authorization(({ query }, answer) => answer(null, !refusal(query, "/custom")));
  for (const [namespace, name] of [[io.sockets, ""], [io.of("/custom"), "/custom"]]) {
    const world = {
      dialect: "V09",
      broadcast: (socket) => socket.broadcast,
      room: (socket, room) => socket.broadcast.to(room),
      all: (room) => namespace.in(room),
      count: (room) => namespace.clients(room).length,
      join: (socket, room, done) => socket.join(room, done),
      leave: (socket, room, done) => socket.leave(room, done),
      send: sendElderly,
      transport: (socket) => io.transports[socket.id].name.replace("xhr-", ""),
    };
    namespace.on("connection", (socket) => {
      attach(socket, world, name ? {} : socket.handshake.query);
      const { $emit } = socket;
      socket.$emit = function (event, ...args) {
        if (event.startsWith("any ")) socket.emit("caught", event, ...args);
        return $emit.call(this, event, ...args);
      };
    });
  }
}

/** Text is a message, another value is "json", and several are an event. */
function sendElderly(socket, ...args) {
  if (args.length > 1) socket.emit("message", ...args);
  else if (typeof args[0] === "string") socket.send(args[0]);
  else socket.json.send(args[0]);
}

/** Rooms are a Map of Sets since 3.x, and an object of things with a length before. */
function membersOf(rooms, room) {
  const found = rooms.get?.(room) ?? rooms[room];
  return found?.size ?? found?.length ?? 0;
}

/** What a client says of itself: 4.x has its own place for that, before there was the query. */
function claimsOf({ handshake: { auth, query } }) {
  if (version !== "4") return query;
  return auth;
}

function younger() {
  const options = { pingInterval: 1000, pingTimeout: 5000 };
  const Server = version === "4" ? require("server-4").Server : require(`server-${version}`);
  if (process.argv[4]) options.parser = require("socket.io-msgpack-parser");
  const io = new Server(port, options);
  for (const name of ["/", "/custom"]) {
    const namespace = io.of(name);
    const world = {
      dialect: version === "4" ? "EIO4" : "EIO3",
      broadcast: (socket) => socket.broadcast,
      room: (socket, room) => socket.to(room),
      all: (room) => namespace.to(room),
      count: (room) => membersOf(namespace.adapter.rooms, room),
      join: async (socket, room, done) => done(await socket.join(room)),
      leave: async (socket, room, done) => done(await socket.leave(room)),
      send: (socket, ...args) => socket.send(...args),
      transport: (socket) => socket.conn.transport.name,
    };
    namespace.use((socket, next) => {
      const words = refusal(claimsOf(socket), name);
      next(words && Object.assign(new Error(words), { data: { code: 7 } }));
    });
    namespace.on("connection", (socket) => {
      const { user, who } = claimsOf(socket);
      socket.use(([event, ...args], next) => {
        if (event.startsWith("any ")) socket.emit("caught", event, ...args);
        next();
      });
      attach(socket, world, JSON.parse(JSON.stringify({ user, who })));
    });
  }
}

(version === "0.9" ? elder : younger)();
console.log("listening");
