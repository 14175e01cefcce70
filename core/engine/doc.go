// Package engine is the ground floor: sessions and the transports that carry them.
//
// A session is one client's connection, whatever carries it. It owns the state machine of its dialect
// (protocol/engineio.Conn, protocol/socketio1.Conn), a bounded queue of outgoing messages and one timer; a
// mutex guards the three. The transport in
// charge, a WebSocket or a poll, drains the queue: so an upgrade loses nothing that is queued, and
// polling needs no writer.
//
// Inward: core/poll says a WebSocket is readable → websocket.go reads with a borrowed buffer →
// protocol/wsframe → protocol/engineio → [Session] → [Client].Receive. A POST goes the same way
// from upload.go. Nothing on this way blocks: a floor above that cannot take more answers [Pause],
// the reader goes back to its pool, and [Session.Resume] lets it go on.
//
// Outward: [Session.Send] puts a reference to a shared [Message] in the queue and marks the session;
// the flushers (flush.go) write whatever is queued, coalesced, without blocking. One flusher at a
// time works for a session.
//
// What differs between client generations stands in rows (dialect.go), which eio4.go, eio3.go, v09.go and
// others fill; jsonp.go wraps the polling bodies of both revisions of Engine.IO for pages that poll by scripts.
// Clients 0.7 to 0.9 come by a path of their own (v09_requests.go) and wait at a door (door.go) until the floor
// above has let them in; then their sessions roam (roaming.go): polls, answers that do not end (stream.go) and
// WebSockets, also of drafts before the standard (hixie.go), come and go, and the newest one is in charge.
//
// An idle session holds no goroutine, no buffer and no runtime timer.
//
// hub, link and server may import engine. It imports poll, id, protocol/engineio, protocol/socketio1,
// protocol/wsframe, protocol/hixie and proxy/forwarded (who the client is).
package engine
