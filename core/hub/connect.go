package hub

import (
	"errors"
	"fmt"
	"time"

	"realtime/core/engine"
	"realtime/core/id"
)

// connect takes a client's CONNECT.
//
// Source: socket.io-protocol revision 5, "Connection to a namespace".
func (c *client) connect(in *inbound) error {
	if wait, err := c.waits(in); wait {
		return err
	}
	return c.ask(in)
}

// ask asks the application whether the client may enter.
func (c *client) ask(in *inbound) error {
	auth, err := in.auth(c.hub)
	if err != nil {
		return err
	}
	var shown comeback
	if c.keeps() {
		shown, auth = takeComeback(auth)
	}
	// Only this session's CONNECTs add to its list, and they come one at a time.
	switch err := c.mayConnect(in.Namespace); {
	case errors.Is(err, errConnectTwice) && codecs[c.form].lenient:
		return nil
	case err != nil:
		return err
	}
	s := c.newSocket(in.Namespace, shown)
	s.handshake = withQuery(c.session.Handshake(), in.Query)
	s.namespace.ask(s)
	c.mu.Lock()
	over := c.over
	if !over {
		s.next, c.sockets = c.sockets, s
	}
	c.mu.Unlock()
	if over { // while it waited
		s.withdraw()
		c.hub.exit(s.namespace)
		return nil
	}
	defer c.finish(s, false)
	c.hub.app.Connect(s, auth)
	return nil
}

// newSocket makes a socket, which may be the heir of another one.
func (c *client) newSocket(namespace string, shown comeback) *Socket {
	s := &Socket{
		id:        id.New(),
		namespace: c.hub.enter(namespace),
		client:    c,
		since:     time.Now().UnixMilli(),
		life:      busy,
	}
	if c.keeps() {
		s.recovery = &recovery{secret: newSecret()}
		if past := c.hub.claim(namespace, shown, c.form); past != nil {
			s.comeAfter(past, shown.offset)
		}
	}
	return s
}

func (c *client) mayConnect(namespace string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	count := 0
	for s := c.sockets; s != nil; s = s.next {
		if s.namespace.name == namespace {
			return fmt.Errorf("%w: %.80q", errConnectTwice, namespace)
		}
		count++
	}
	if count >= c.hub.cfg.MaxNamespaces {
		return tooManyJoined(count)
	}
	return nil
}

func tooManyJoined(limit int) error {
	return fmt.Errorf("%w: the limit is %d (max_namespaces)", errTooManyJoined, limit)
}

// Accept lets the socket in: it is in the granted rooms, then its client gets the CONNECT answer,
// then what was emitted to the socket meanwhile. One Disconnect will follow, even if the client
// has left already; then Accept answers false.
//
// The first of Accept, Refuse and Abandon counts; later ones do nothing, Accept answering false.
// A grant that breaks a limit (names, their number, the size of Data) is a fault of the
// application that must not let anybody in by halves: it is logged and the session is closed.
// Ownership: g.Data is kept, g.Rooms is not.
func (s *Socket) Accept(g Grant) bool {
	if !s.answered.CompareAndSwap(false, true) {
		return false
	}
	if err := s.client.hub.CheckGrant(g); err != nil {
		s.client.hub.log.Error("closing a session: what the application granted cannot be",
			"namespace", s.namespace.name, "socket", s.id, "err", err)
		s.settle(false, place{}, nil)
		s.client.closeAs(engine.Failed)
		return false
	}
	if s.Recovered() {
		return s.takeOver(g)
	}
	settled := s.client.hub.offsets.settled() // before anything could be meant for it
	in := s.namespace.admit(s, g)
	return s.settle(in, place{settled, settled}, s.catchUp())
}

// settle is the second half of Accept, after the namespace has let the socket in, or not: the
// CONNECT answer, unless the client has left. A socket that we made leave between the halves gets
// its goodbye here, since every CONNECT is to be answered. before goes out before the answer, and with
// the answer the client is at the given place.
func (s *Socket) settle(in bool, at place, before []*engine.Message) bool {
	c := s.client
	answer := step{before: before, message: codecs[c.form].connected(s, at), open: s}
	goodbye := step{message: codecs[c.form].disconnected(s)}
	c.mu.Lock()
	s.life |= accepted
	gone, sorry := s.life.has(left), s.life.has(farewell)
	welcome := in && (!gone || sorry)
	if welcome {
		s.life |= welcomed
		c.joined = true
		c.stopTimer()
		c.post(answer)
		if sorry {
			c.post(goodbye)
		}
	}
	due := s.reportDue()
	c.mu.Unlock()
	if in && !welcome {
		s.namespace.discard(s)
	}
	c.flush()
	if due {
		s.report()
	}
	c.admitWaiting(s)
	return in && !gone
}

// Refuse answers the client with a connect error, which is final for stock clients: a message for
// its user and perhaps more data, a MessagePack value without binaries (they are left out, and
// that is logged). What was emitted to the socket is dropped.
func (s *Socket) Refuse(message string, data []byte) {
	if !s.answered.CompareAndSwap(false, true) {
		return
	}
	c := s.client
	m, err := codecs[c.form].refused(s, message, data)
	if err != nil {
		c.hub.log.Warn("data of a connect error left out",
			"namespace", s.namespace.name, "socket", s.id, "err", err)
	}
	s.withdraw()
	s.disown(true)
	c.mu.Lock()
	gone, resume := s.life.has(left), false
	if !gone {
		resume = c.unlink(s)
		if s.isClient() {
			c.post(step{message: m, refuse: true})
		} else {
			c.post(step{message: m})
		}
		if s.namespace.name == c.home() {
			c.shutEntrance()
		}
	}
	c.mu.Unlock()
	if !gone {
		c.afterUnlink(s, resume)
	}
}

// Expire closes the client's transport, so that it comes back and the question is put again: for an
// answer that counted until now only. It may be called at any time.
func (s *Socket) Expire() {
	if next := s.heir(); next != nil {
		next.Expire()
		return
	}
	s.client.hub.log.Debug("closing a session: it was let in until now only",
		"namespace", s.namespace.name, "socket", s.id)
	s.client.sendAway()
}

// Abandon closes the client's transport, so that it comes back and the question is put again:
// for a question that nobody could answer. why goes to the log only; failed says that it is the application's
// fault, which a client that is asked about at its handshake is told.
func (s *Socket) Abandon(why string, failed bool) {
	if !s.answered.CompareAndSwap(false, true) {
		return
	}
	s.client.hub.log.Info("closing a session: the application could not be asked",
		"namespace", s.namespace.name, "socket", s.id, "reason", why)
	if failed {
		s.client.closeAs(engine.Failed)
		return
	}
	s.client.close()
}
