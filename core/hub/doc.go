// Package hub is the Socket.IO floor: namespaces, sockets, rooms and acks.
//
// A client has one session (package engine) and, in each namespace it joined, one [Socket]. The
// hub decodes what a session receives, asks the application whether a client may enter a
// namespace, hands it the events, and sends what the application emits to everyone, to rooms, to
// users or to single sockets. It never interprets event data: arguments are MessagePack towards
// the application and JSON towards the client, transcoded once.
//
// The files in reading order:
//
//	hub.go        Hub, Config and App, the application as the hub sees it
//	client.go     one session: decode, find the socket, dispatch
//	connect.go    a CONNECT from the question to the answer
//	unasked.go    clients that are in the main namespace without a CONNECT
//	leave.go      the ways out
//	life.go       where a socket is between the two, and exactly one Disconnect
//	outbox.go     keeps a session's connects, refusals and farewells in order
//	socket.go     Socket, what the application holds
//	namespace.go  the members of one namespace, under one lock
//	rooms.go      which socket is in which rooms, both ways; pure
//	deliver.go    match, snapshot, send
//	encode.go     one packet, encoded at most once per dialect
//	codec.go      how packets are read and written, by form: revision5.go, packed.go, revision4.go, protocol1.go
//	alias.go      ids that clients compute
//	call.go       acks awaited from clients
//	query.go      who is there
//	pattern.go    several namespaces at once
//	check.go      the limits of what the application may ask for
//	error.go      and what it is told
//
// # Locks
//
// There are three kinds, none is held while another is taken, and none during a call to the
// application or the session:
//
//	Hub.mu        the namespaces by name
//	namespace.mu  members, rooms, users, awaited acks, and what is held for a socket not yet in
//	client.mu     a session's sockets and where each is in its life
//
// Server, link and tests may import this package; it imports engine, id and the protocols.
package hub
