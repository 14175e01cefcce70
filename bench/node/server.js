// The official server, with the behaviour the benchmarks ask for and its own defaults otherwise.
//
//   node server.js PORT PING_INTERVAL_MS
"use strict";

const { Server } = require("socket.io");

const news = "x".repeat(256);
const io = new Server({ pingInterval: Number(process.argv[3] || 25000) });

io.on("connection", (socket) => {
  socket.on("echo", (value, ack) => ack(value));
  socket.on("publish", () => io.emit("news", news));
});

io.listen(require("http").createServer().listen(Number(process.argv[2]), "127.0.0.1"));
