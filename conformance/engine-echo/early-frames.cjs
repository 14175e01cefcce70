// For mocha --require, in the folder of the Engine.IO 3 suite: what a WebSocket receives before anybody
// listens is kept for who does. One of that suite's tests looks for the open packet only after it has seen
// the WebSocket open, and a packet that comes together with the 101 is gone by then. (The suite of revision
// 4 keeps what comes early by itself.)
"use strict"

const { WebSocket } = require(require.resolve("ws", { paths: [process.cwd()] }))

const early = Symbol("messages that nobody has listened for")
const { addEventListener, emit } = WebSocket.prototype

WebSocket.prototype.emit = function (event, ...args) {
  if (event !== "message" || (!this[early]?.length && this.listenerCount("message") > 0)) {
    return emit.call(this, event, ...args)
  }
  this[early] ??= []
  this[early].push(args)
  return true
}

WebSocket.prototype.addEventListener = function (event, ...args) {
  addEventListener.call(this, event, ...args)
  const kept = event === "message" && this[early]?.shift()
  if (kept) emit.call(this, "message", ...kept)
}
