// Package engine is the ground floor: sessions and the transports that carry them.
//
// A session is one Engine.IO connection. It owns its state machine (protocol/engineio.Conn), a
// bounded queue of outgoing messages and one timer; a mutex guards the three. The transport in
// charge, a WebSocket or a poll, drains the queue: so an upgrade loses nothing that is queued, and
// polling needs no writer.
//
// Inward: core/poll says a WebSocket is readable → websocket.go reads with a borrowed buffer →
// protocol/wsframe → protocol/engineio → [Session] → [Client].Receive. A POST goes the same way
// from post.go. Nothing on this way blocks: a floor above that cannot take more answers [Pause],
// the reader goes back to its pool, and [Session.Resume] lets it go on.
//
// Outward: [Session.Send] puts a reference to a shared [Message] in the queue and marks the session;
// the flushers (flush.go) write whatever is queued, coalesced, without blocking. One flusher at a
// time works for a session.
//
// What differs between client generations stands in rows (dialect.go), which eio4.go, eio3.go and others
// fill; jsonp.go wraps the polling bodies of both revisions of Engine.IO for pages that poll by scripts.
//
// An idle session holds no goroutine, no buffer and no runtime timer.
//
// hub, link and server may import engine. It imports poll, id, protocol/engineio, protocol/wsframe
// and proxy/forwarded (who the client is).
package engine
