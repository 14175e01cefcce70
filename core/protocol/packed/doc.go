// Package packed reads and writes the packets of clients with Socket.IO's msgpack parser
// (socket.io-msgpack-parser 3, for clients 3.x and 4.x): each is one MessagePack map in one binary
// Engine.IO message, attachments included.
//
//	{type: 2, nsp: "/chat", id: 13, data: ["hello", {to: "all"}]}
//
// The data is passed on as it is: this package checks its outline (an array, an object, an event's
// name), package payload every byte (SplitNotepackEvent, AppendFromNotepack). Packets are those of
// package socketio, but that Data is MessagePack and none has attachments of its own.
//
// The parser is never negotiated. A client's first packet tells: it is binary here, and never so with
// Socket.IO's own parser.
//
// The package is pure: no clock, no I/O, no goroutine. Anybody may import it.
package packed
