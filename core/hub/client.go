package hub

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"realtime/core/engine"
	"realtime/core/protocol/socketio"
)

// What a client may do wrong beside malformed packets. Each closes the session.
var (
	errFirstPacket    = errors.New("hub: the first packet is not CONNECT")
	errConnectTwice   = errors.New("hub: CONNECT to a namespace that is joined or being asked for")
	errNotJoined      = errors.New("hub: packet for a namespace that was not joined")
	errUnexpectedType = errors.New("hub: packet of a type that clients do not send")
	errTooManyJoined  = errors.New("hub: too many namespaces")
)

// maxRecentlyLeft is how many namespaces a session remembers to have been in, for packets that
// were on their way when it left. A client that leaves more at once is not a real one.
const maxRecentlyLeft = 8

// A client is one session and its sockets, one for each namespace. It implements engine.Client.
type client struct {
	hub       *Hub
	session   session
	assembler socketio.Assembler
	dialect   engine.Dialect
	form      form // does not change once there is a socket
	greeted   bool // a CONNECT has come; only Receive looks at it

	mu      sync.Mutex
	joined  bool   // some socket was accepted
	over    bool   // the session is: no socket is added any more
	pausing uint16 // sockets for which the session is not read
	// sockets is a list through Socket.next: nearly all sessions have one socket, and a map for
	// it would weigh more than the session. It is at most Config.MaxNamespaces long.
	sockets      *Socket
	recentlyLeft []string
	timer        *time.Timer // until joined
	outbox       *outbox     // nil while there is nothing to send in order
	entrance     *entrance   // nil: CONNECTs do not wait
}

var _ engine.Client = (*client)(nil)

func (h *Hub) open(s session) *client {
	c := &client{hub: h, session: s, dialect: s.Dialect()}
	c.form = firstForm[c.dialect]
	if c.keeps() {
		s.Keep()
	}
	if codecs[c.form].unasked {
		c.greeted, c.entrance = true, new(entrance)
		c.enterUnasked()
		return c
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(h.cfg.ConnectTimeout, c.expire)
	return c
}

// keeps reports whether the client may have its sockets back after its session.
func (c *client) keeps() bool { return c.hub.cfg.Recovery > 0 && codecs[c.form].recovers }

// expire closes a session that has not joined any namespace in time.
func (c *client) expire() {
	c.mu.Lock()
	late := !c.joined && c.timer != nil
	c.mu.Unlock()
	if late {
		c.hub.log.Debug("closing a session: no namespace was joined within connect_timeout",
			"connect_timeout", c.hub.cfg.ConnectTimeout)
		c.session.Close(engine.ForcedServerClose)
	}
}

// stopTimer ends the wait for a first namespace. The caller holds c.mu.
func (c *client) stopTimer() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// Receive takes one message of the session. An error closes it.
func (c *client) Receive(data []byte, binary bool) (engine.Flow, error) {
	in, done, err := codecs[c.form].read(c, data, binary)
	if err != nil || !done {
		return engine.Continue, c.logged(err)
	}
	flow, err := c.dispatch(&in)
	return flow, c.logged(err)
}

// logged tells the operator what was wrong; the client learns nothing but the close.
func (c *client) logged(err error) error {
	if err != nil {
		c.hub.log.Info("closing a session: bad packet",
			"address", c.session.Handshake().Address, "err", err)
	}
	return err
}

func (c *client) dispatch(in *inbound) (engine.Flow, error) {
	if !c.greeted && in.Type != socketio.Connect {
		return engine.Continue, fmt.Errorf("%w: %s", errFirstPacket, in.Type)
	}
	c.greeted = true
	switch in.Type {
	case socketio.Connect:
		return engine.Continue, c.connect(in)
	case socketio.Disconnect:
		return engine.Continue, c.disconnect(in)
	case socketio.Event, socketio.BinaryEvent:
		return c.event(in)
	case socketio.Ack, socketio.BinaryAck:
		return engine.Continue, c.ack(in)
	}
	return engine.Continue, fmt.Errorf("%w: %s", errUnexpectedType, in.Type)
}

// Closed ends all sockets of the session.
func (c *client) Closed(r engine.Reason, _ string) {
	c.assembler.Reset()
	c.mu.Lock()
	c.stopTimer()
	c.over = true
	c.shutEntrance()
	c.mu.Unlock()
	for _, s := range c.all() {
		if !c.park(s, r) {
			c.leave(s, r, nil)
		}
	}
}

// event hands an event to the application.
func (c *client) event(in *inbound) (flow engine.Flow, err error) {
	s, err := c.begin(in)
	if s == nil {
		return engine.Continue, err
	}
	pause := false
	defer func() { flow = c.finish(s, pause) }()
	name, args, err := in.event(c.hub)
	if err != nil {
		return engine.Continue, err
	}
	if socketio.ReservedEvent(name) { // written with escapes that the packet layer does not read
		return engine.Continue, fmt.Errorf("%w %q", socketio.ErrReservedEvent, name)
	}
	pause = c.hub.app.Event(s, Event{Name: name, Args: args, Ack: in.ID, WantsAck: in.HasID})
	return engine.Continue, nil
}

// begin finds the socket that an event is for and makes it busy, until finish. There is none, and
// no error, if the packet is to be ignored.
func (c *client) begin(in *inbound) (*Socket, error) {
	c.mu.Lock()
	s, err := c.find(in.Namespace)
	forgot := false
	if s != nil && s.life.has(busy) { // another goroutine asks for it: see admitWaiting
		s = nil
	}
	if s != nil {
		s.life = s.life&^resumed | busy
		if in.HasID {
			forgot = s.expectAck(in.ID, c.hub.cfg.MaxAcks)
		}
	}
	c.mu.Unlock()
	if forgot {
		c.hub.log.Debug("an ack can no longer be sent: too many events wait for theirs",
			"namespace", in.Namespace, "socket", s.id, "max_acks", c.hub.cfg.MaxAcks)
	}
	return s, err
}

// finish ends what begin began, also when the application panicked. It makes the call of
// Disconnect if the socket left meanwhile.
func (c *client) finish(s *Socket, pause bool) engine.Flow {
	c.mu.Lock()
	s.life &^= busy
	if pause && s.life&(resumed|left|paused) == 0 {
		s.life |= paused
		c.pausing++
	}
	flow := engine.Continue
	if c.pausing > 0 {
		flow = engine.Pause
	}
	due := s.reportDue()
	c.mu.Unlock()
	if due {
		s.report()
	}
	return flow
}

// unpause reports whether s was the last socket for which the session is not read. The caller
// holds c.mu.
func (c *client) unpause(s *Socket) bool {
	if !s.life.has(paused) {
		return false
	}
	s.life &^= paused
	c.pausing--
	return c.pausing == 0
}

// ack takes a client's answer to a call.
func (c *client) ack(in *inbound) error {
	c.mu.Lock()
	s, err := c.find(in.Namespace)
	c.mu.Unlock()
	if s == nil {
		return err
	}
	args, err := in.args(c.hub)
	if err != nil {
		return err
	}
	if in.HasID {
		s.namespace.answer(s, in.ID, args)
	}
	return nil
}

// find returns the session's socket in a namespace. It returns neither socket nor error for one
// that was left a moment ago: such a packet may have been on its way, and Socket.IO's own server
// closing all namespaces for it is a fault we do not copy; nor for any other that it was not in, if the
// client's generation is used to that. The caller holds c.mu.
func (c *client) find(namespace string) (*Socket, error) {
	for s := c.sockets; s != nil; s = s.next {
		if s.namespace.name == namespace {
			return s, nil
		}
	}
	if codecs[c.form].lenient || slices.Contains(c.recentlyLeft, namespace) {
		return nil, nil
	}
	return nil, fmt.Errorf("%w: %.80q", errNotJoined, namespace)
}
