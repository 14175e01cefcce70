package hub

import (
	"slices"

	"realtime/core/engine"
)

// An outbox keeps in order what begins and ends a session's sockets: CONNECT answers, refusals,
// farewells and the close. They come from several goroutines, and an old socket's farewell must
// not be sent after the CONNECT answer of its successor in the same namespace. So a step is posted
// under the lock under which its reason happened, and taken without it by whoever flushes first.
type outbox struct {
	steps []step
	busy  bool // somebody is taking steps, and will take those posted meanwhile
}

// A step is one of: a message to send; a message, perhaps with others before it, and then what is held
// for a socket; the close of the session, or its refusal.
type step struct {
	before  []*engine.Message
	message *engine.Message
	open    *Socket
	close   engine.Reason // 0: go on
	refuse  bool          // close it, at the handshake
}

// post adds a step. The caller holds c.mu, and flushes after releasing it.
func (c *client) post(s step) {
	if c.outbox == nil {
		c.outbox = new(outbox)
	}
	c.outbox.steps = append(c.outbox.steps, s)
}

// close closes the session after what was posted before.
func (c *client) close() { c.closeAs(engine.ForcedServerClose) }

func (c *client) closeAs(r engine.Reason) {
	c.mu.Lock()
	c.post(step{close: r})
	c.mu.Unlock()
	c.flush()
}

// flush takes all steps, unless another goroutine is at it.
func (c *client) flush() {
	c.mu.Lock()
	o := c.outbox
	if o == nil || o.busy {
		c.mu.Unlock()
		return
	}
	o.busy = true
	for len(o.steps) > 0 {
		steps := o.steps
		o.steps = nil
		c.mu.Unlock()
		for _, s := range steps {
			c.take(s)
		}
		c.mu.Lock()
	}
	c.outbox = nil
	c.mu.Unlock()
}

func (c *client) take(s step) {
	if s.close != 0 {
		c.session.Close(s.close)
		return
	}
	if s.refuse {
		c.session.Refuse(s.message)
		return
	}
	for _, m := range s.before {
		c.session.Send(m, false)
	}
	c.session.Send(s.message, false)
	if s.open == nil {
		return
	}
	n := s.open.namespace
	for messages := n.release(s.open); messages != nil; messages = n.release(s.open) {
		for _, m := range messages {
			if !slices.Contains(s.before, m) { // it was sent to the room while the socket was let in
				c.session.Send(m, false)
			}
		}
	}
}
