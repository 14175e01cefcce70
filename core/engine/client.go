package engine

// Handler is the floor above: it takes new sessions.
type Handler interface {
	// Open is called once for a session, before anything else happens to it, from the goroutine
	// that serves the handshake. It must not block. The session may be sent to at once.
	Open(s *Session) Client
}

// Client is one session as the floor above sees it.
//
// Concurrency: for one session the calls come one at a time, in order: Receive…, then Closed,
// exactly once. No lock is held during a call. Neither may block.
type Client interface {
	// Receive takes one message of the client, text or binary. data is valid only during the call.
	// An error closes the session with ForcedClose.
	Receive(data []byte, binary bool) (Flow, error)

	// Closed says that the session is over. detail is for the log, never for a client.
	Closed(r Reason, detail string)
}

// Flow is what Receive answers: whether the session may be read further.
type Flow uint8

// The two answers.
const (
	// Continue: the next message may come.
	Continue Flow = iota
	// Pause: nothing more is delivered until [Session.Resume], which may come before Receive has
	// returned. While paused the client's silence is not counted against it.
	Pause
)
