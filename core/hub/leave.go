package hub

import (
	"slices"

	"realtime/core/engine"
	"realtime/core/protocol/socketio"
)

// An ending is what Disconnect says about a socket.
type ending struct {
	reason engine.Reason
	rooms  []string
}

// disconnect takes a client's DISCONNECT. The session stays open, also without any namespace.
func (c *client) disconnect(p socketio.Packet) error {
	c.mu.Lock()
	s, err := c.find(p.Namespace)
	c.mu.Unlock()
	if s == nil {
		return err
	}
	c.leave(s, engine.ClientNamespaceDisconnect, false)
	return nil
}

// disconnectAll ends all sockets of the session, each with its farewell, and then the session.
func (c *client) disconnectAll() {
	c.leaveAll(engine.ServerNamespaceDisconnect, true)
	c.mu.Lock()
	c.post(step{close: true})
	c.mu.Unlock()
	c.flush()
}

func (c *client) leaveAll(reason engine.Reason, tell bool) {
	for {
		c.mu.Lock()
		s := c.sockets
		c.mu.Unlock()
		if s == nil {
			return
		}
		c.leave(s, reason, tell)
	}
}

// leave ends a socket, unless that has been done: first for the session, so that no event of it
// is dispatched any more, then for the namespace, then for the application. tell sends the client
// a farewell.
func (c *client) leave(s *Socket, reason engine.Reason, tell bool) {
	var goodbye *engine.Message
	if tell {
		goodbye = disconnectMessage(s)
	}
	c.mu.Lock()
	if s.life.has(left) {
		c.mu.Unlock()
		return
	}
	resume := c.unlink(s)
	s.ending().reason = reason
	switch {
	case tell && s.life.has(welcomed):
		c.post(step{message: goodbye})
	case tell:
		s.life |= farewell
	}
	c.mu.Unlock()
	s.withdraw()
	c.flush()
	if resume {
		c.session.Resume()
	}
}

// unlink takes a socket off the session's list, remembers its namespace for late packets, and
// reports whether the session can be read again because of that. The caller holds c.mu.
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

// withdraw takes a socket that has left out of its namespace and makes what follows from that
// known: to those who wait for its acks, and to the application.
func (s *Socket) withdraw() {
	c := s.client
	rooms, over := s.namespace.withdraw(s)
	for _, call := range over {
		call.finish()
	}
	c.mu.Lock()
	s.addRooms(rooms)
	s.life |= ended
	due := s.reportDue()
	c.mu.Unlock()
	if due {
		s.report()
	}
	c.hub.exit(s.namespace)
}

// ending returns what is known of the socket's end. The caller holds client.mu.
func (s *Socket) ending() *ending {
	if s.end == nil {
		s.end = new(ending)
	}
	return s.end
}

func (s *Socket) addRooms(rooms []string) {
	if len(rooms) > 0 {
		s.ending().rooms = append(s.ending().rooms, rooms...)
	}
}

// report tells the application of a socket's end. reportDue has claimed the call; nothing changes
// the ending any more.
func (s *Socket) report() {
	rooms := s.end.rooms
	slices.Sort(rooms)
	s.client.hub.app.Disconnect(s, s.end.reason.String(), slices.Compact(rooms))
}
