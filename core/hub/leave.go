package hub

import (
	"slices"

	"realtime/core/engine"
)

// disconnect takes a client's DISCONNECT. The session stays open, also without any namespace.
func (c *client) disconnect(in *inbound) error {
	c.mu.Lock()
	c.forgetWaiting(in.Namespace)
	s, err := c.find(in.Namespace)
	c.mu.Unlock()
	if s == nil {
		return err
	}
	c.leave(s, engine.ClientNamespaceDisconnect, nil)
	return nil
}

// disconnectAll ends all sockets of the session, each with its farewell, and then the session.
func (c *client) disconnectAll() {
	for s := c.first(); s != nil; s = c.first() {
		c.leave(s, engine.ServerNamespaceDisconnect, codecs[c.form].disconnected(s))
	}
	c.close()
}

// first returns one of the session's sockets, or nil.
func (c *client) first() *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sockets
}

// leave ends a socket, unless that has been done, and sends the client the goodbye, if not nil.
//
// Several may be at it: the client leaves while the application disconnects it. First it leaves
// its namespace and then its session; each half is done by whoever comes first, and the second
// decides the reason. So when one of them returns, or the client has got its goodbye, the way is
// free for the client's next CONNECT: the old socket is in no list any more.
func (c *client) leave(s *Socket, reason engine.Reason, goodbye *engine.Message) {
	s.withdraw()
	c.mu.Lock()
	if s.life.has(left) {
		c.mu.Unlock()
		return
	}
	c.unpark(s)
	resume := c.unlink(s)
	s.reason = reason
	switch {
	case goodbye == nil:
	case s.life.has(welcomed):
		c.post(step{message: goodbye})
	default:
		s.life |= farewell
	}
	due := s.reportDue()
	c.mu.Unlock()
	c.afterUnlink(s, resume)
	s.disown(false)
	if due {
		s.report()
	}
}

// sendAway ends the session without a goodbye, so that its client comes back and is asked again, and
// does not get its sockets back.
func (c *client) sendAway() {
	c.close()
	for _, s := range c.all() {
		c.mu.Lock()
		waits := s.life.has(parked)
		c.mu.Unlock()
		if waits {
			c.leave(s, engine.ForcedServerClose, nil)
		}
	}
}

// all returns the sockets of the session, parked ones too.
func (c *client) all() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*Socket
	for s := c.sockets; s != nil; s = s.next {
		list = append(list, s)
	}
	return list
}

// withdraw takes a socket out of its namespace. Calls that only waited for it end.
func (s *Socket) withdraw() {
	for _, call := range s.namespace.withdraw(s) {
		call.finish()
	}
}

// unlink takes a socket that is out of its namespace off the session's list, remembers the
// namespace for late packets, and reports whether the session can be read again because of that.
// The caller holds c.mu and calls afterUnlink after releasing it.
func (c *client) unlink(s *Socket) (resume bool) {
	at := &c.sockets
	for *at != s {
		at = &(*at).next
	}
	*at, s.next = s.next, nil
	s.life |= left
	s.acks = nil

	name := s.namespace.name
	c.recentlyLeft = slices.DeleteFunc(c.recentlyLeft, func(n string) bool { return n == name })
	if len(c.recentlyLeft) == maxRecentlyLeft {
		c.recentlyLeft = slices.Delete(c.recentlyLeft, 0, 1)
	}
	c.recentlyLeft = append(c.recentlyLeft, name)
	return c.unpause(s)
}

// afterUnlink does what follows an unlink and needs no lock.
func (c *client) afterUnlink(s *Socket, resume bool) {
	c.flush()
	if resume {
		c.session.Resume()
	}
	c.hub.exit(s.namespace)
}

// report tells the application of a socket's end. reportDue has claimed the call; nothing changes
// the socket any more.
func (s *Socket) report() {
	slices.Sort(s.lastRooms())
	s.client.hub.app.Disconnect(s, s.reason.String(), slices.Compact(s.lastRooms()))
}

func (s *Socket) lastRooms() []string {
	if s.end == nil {
		return nil
	}
	return s.end.rooms
}
