// The official server, with the behaviour the benchmarks ask for and its own defaults otherwise.
//
//   node server.js PORT PING_INTERVAL_MS
//
// POST /emit {room, event, args} emits: what an app of another language does without a sidecar.
"use strict";

const http = require("http");
const { Server } = require("socket.io");

const news = "x".repeat(256);
const web = http.createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text) => (body += text));
  request.on("end", () => {
    const { room, event, args } = JSON.parse(body);
    io.to(room).emit(event, ...args);
    response.writeHead(204).end();
  });
});
const io = new Server(web, { pingInterval: Number(process.argv[3] || 25000) });

io.on("connection", (socket) => {
  socket.on("echo", (value, ack) => ack(value));
  socket.on("publish", () => io.emit("news", news));
});

// Between two turns a client of /emit is silent for longer than the default of five seconds.
web.keepAliveTimeout = 120_000;
web.listen(Number(process.argv[2]), "127.0.0.1");
