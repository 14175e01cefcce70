// Package socketio1 is Socket.IO's first protocol, of the clients 0.7 to 0.9, as pure values: its
// packets, how several of them share an HTTP body, the handshake, the wrappings for old browsers, and
// the server side of one session as a state machine.
//
//	<type>:[<id>[+]]:[<endpoint>][:<data>]      5:1+:/chat:{"name":"hello","args":["all"]}
//
// There is no Engine.IO below it: a packet is one WebSocket message, or stands in the body of a poll
// or a POST. Files, in reading order: packet.go and parse.go (the packet), event.go (events as the
// arrays that newer protocols have), frame.go (several packets in one body), handshake.go and path.go
// (how a session begins), script.go (JSONP and htmlfile), message.go (what the machine makes of a
// packet), conn.go (the machine), flash.go (the policy that Flash asks for).
//
// The written specification and the programs disagree in places; here the programs count, socket.io
// 0.9.19 and socket.io-client 0.9.17, since they are what pages were built with.
//
// Ring 0: bytes and times in, values and effects out; no I/O, no clock, no goroutine. Used by
// core/engine and core/hub.
package socketio1
