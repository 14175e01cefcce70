package hub

import (
	"crypto/subtle"
	"strings"
	"sync/atomic"
	"time"

	"realtime/core/engine"
	"realtime/core/id"
	"realtime/core/protocol/payload"
)

// Connection state recovery. A socket whose session has dropped is parked: it stays in its namespace,
// its rooms and its session's trail, where emits go on to gather; the application hears nothing. A
// client that comes back shows the pid that it was given, and what it has got last: a new socket, the
// heir, takes everything over, once the application has let it in. Nobody coming within
// Config.Recovery, the parked socket ends, and the application hears of the end then, once.
//
// A pid belongs to one socket at a time. Whoever shows it takes the socket over, also from a session
// that is still live: the server may learn later than its client that a connection has died.

// recovery is what a socket has for it.
type recovery struct {
	secret string                 // the second half of the pid
	offset engine.Offset          // heir: what its client has got last
	heir   bool                   // it was made to take another one's place
	timer  *time.Timer            // while parked and not claimed; guarded by client.mu
	past   atomic.Pointer[Socket] // heir: whose place it takes; nil once that is decided
	next   atomic.Pointer[Socket] // the heir that has taken over
}

// MaxParked is how many sockets may be parked. One more ends at once instead.
const MaxParked = 100_000

// newSecret is a text that cannot be guessed. It has nothing to do with the id beside it.
func newSecret() string { return id.New() }

// pid is what the client shows to have its socket back, a secret; "" if it cannot.
func (s *Socket) pid() string {
	if s.recovery == nil {
		return ""
	}
	return s.id + "." + s.recovery.secret
}

// Recovered reports whether the socket's client has come back and is to have its former place, or
// has it.
func (s *Socket) Recovered() bool { return s.recovery != nil && s.recovery.heir }

// Past is the socket whose place this one is to take, while that is not decided; nil otherwise.
func (s *Socket) Past() *Socket {
	if s.recovery == nil {
		return nil
	}
	return s.recovery.past.Load()
}

// heir is the socket that has taken over, or nil.
func (s *Socket) heir() *Socket {
	if s.recovery == nil {
		return nil
	}
	return s.recovery.next.Load()
}

// recoverable reports whether a client whose session ended so may have its sockets back. One that the
// server closed is to start anew: it was signed out, or its permission is over.
func recoverable(r engine.Reason) bool {
	switch r {
	case engine.TransportClose, engine.TransportError, engine.PingTimeout, engine.ForcedClose:
		return true
	}
	return false
}

// park puts a socket aside because its session is over, or is being closed. It reports false if the
// socket is to end instead.
func (c *client) park(s *Socket, r engine.Reason) bool {
	if s.recovery == nil || !recoverable(r) {
		return false
	}
	c.mu.Lock()
	if s.life.has(parked) {
		c.mu.Unlock()
		return true
	}
	if s.life.has(left) || !s.life.has(welcomed) || !c.hub.takeParking() {
		c.mu.Unlock()
		return false
	}
	s.life |= parked
	s.reason = r
	s.recovery.timer = time.AfterFunc(c.hub.cfg.Recovery, func() { c.giveUp(s) })
	c.mu.Unlock()
	for _, call := range s.namespace.absent(s) {
		call.finish()
	}
	return true
}

// giveUp ends a parked socket that nobody came back for.
func (c *client) giveUp(s *Socket) {
	c.mu.Lock()
	due := s.life&(parked|claimed|left) == parked
	reason := s.reason
	c.mu.Unlock()
	if due {
		c.hub.stats.notRecovered.Add(1)
		c.leave(s, reason, nil)
	}
}

// unpark takes back what park did for a socket that ends or has an heir. The caller holds c.mu.
func (c *client) unpark(s *Socket) {
	if !s.life.has(parked) {
		return
	}
	s.life &^= parked
	s.recovery.timer.Stop()
	c.hub.parked.Add(-1)
}

// takeParking counts one more parked socket, unless there are too many.
func (h *Hub) takeParking() bool {
	if h.parked.Add(1) > MaxParked {
		h.parked.Add(-1)
		h.log.Warn("a socket ends at once: too many wait for their clients", "max_parked", MaxParked)
		return false
	}
	return true
}

// comeback is what a client shows that wants its socket back.
type comeback struct {
	pid    string
	offset engine.Offset
}

// takeComeback takes it out of what a CONNECT brings; the rest is the application's.
func takeComeback(auth []byte) (comeback, []byte) {
	if auth == nil {
		return comeback{}, nil
	}
	shown, rest := payload.PickStrings(auth, "pid", "offset")
	if shown[0] != "" && string(rest) == emptyMap {
		rest = nil
	}
	return comeback{pid: shown[0], offset: engine.ParseOffset(shown[1])}, rest
}

// emptyMap is the MessagePack map without pairs.
const emptyMap = "\x80"

// comeAfter makes a new socket the heir of one that was claimed for it.
func (s *Socket) comeAfter(past *Socket, offset engine.Offset) {
	s.id, s.since = past.id, past.since
	s.attributes.Store(past.attributes.Load())
	s.recovery = &recovery{secret: past.recovery.secret, offset: offset, heir: true}
	s.recovery.past.Store(past)
}

// claim finds the socket that a pid is for and keeps it for the caller, until it is inherited, released
// or left, for a client that reads packets of a form. nil: there is none, or it is not to be had. What its
// client missed is all there.
func (h *Hub) claim(namespace string, shown comeback, f form) *Socket {
	name, secret, _ := strings.Cut(shown.pid, ".")
	n := h.namespace(namespace)
	if n == nil {
		return nil
	}
	s := n.find(name)
	if s == nil || s.recovery == nil ||
		subtle.ConstantTimeCompare([]byte(secret), []byte(s.recovery.secret)) == 0 {
		return nil
	}
	c := s.client
	if c.form != f {
		return nil // what is kept for it, the client could not read any more
	}
	c.mu.Lock()
	live := s.life&(left|parked) == 0
	c.mu.Unlock()
	if live {
		c.session.Close(engine.TransportClose) // from here on its trail gathers what it is sent
		c.park(s, engine.TransportClose)
	}
	c.mu.Lock()
	ok := s.life&(parked|claimed|left) == parked
	if ok {
		s.life |= claimed
		s.recovery.timer.Stop()
	}
	c.mu.Unlock()
	switch {
	case !ok:
		return nil
	case !c.session.HasTrail(namespace, shown.offset):
		h.stats.notRecovered.Add(1)
		h.log.Info("a client cannot have its socket back: it has missed more than is kept",
			"namespace", namespace, "socket", s.id)
		c.leave(s, s.reason, nil)
		return nil
	}
	return s
}

// release gives a claimed socket free again: its heir is gone before anything was decided.
func (c *client) release(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.life.has(left) || !s.life.has(claimed) {
		return
	}
	s.life &^= claimed
	s.recovery.timer.Reset(c.hub.cfg.Recovery)
}

// disown says that s will not take its predecessor's place: the client left before it was let in, or
// was refused. Another may claim it then, or it ends.
func (s *Socket) disown(refused bool) {
	if s.recovery == nil {
		return
	}
	past := s.recovery.past.Swap(nil)
	switch {
	case past == nil:
	case refused:
		past.client.leave(past, past.reason, nil)
	default:
		past.client.release(past)
	}
}

// takeOver is Accept for an heir.
func (s *Socket) takeOver(g Grant) bool {
	if past := s.Past(); past != nil && g.User != nil && *g.User != past.User() {
		// Somebody else has signed in meanwhile. What was the other one's is not his, rooms least of all: the
		// client comes back once more and begins anew.
		s.disown(true)
		s.settle(false, place{}, nil)
		s.client.close()
		return false
	}
	past, in := s.namespace.inherit(s, g)
	switch {
	case !in && past == nil:
		return false // its client has left; its predecessor waits for it again
	case !in:
		s.settle(false, place{}, nil) // the application has ended the predecessor meanwhile
		s.client.close()
		return false
	}
	missed, whole := s.inheritFrom(past)
	if !whole {
		s.client.hub.log.Info("closing a session: while it was being let in, its client missed more than is kept",
			"namespace", s.namespace.name, "socket", s.id)
		s.namespace.discard(s)
		s.settle(false, place{}, nil)
		s.client.close()
		return false
	}
	return s.settle(true, place{}, missed)
}

// inheritFrom finishes what namespace.inherit began: past is nobody any more, and what its client has
// missed is returned; whole is false if some of it is gone.
func (s *Socket) inheritFrom(past *Socket) (missed []*engine.Message, whole bool) {
	past.recovery.next.Store(s) // before the trail is closed: who finds it so looks here
	c := past.client
	missed, whole = c.session.TakeTrail(s.namespace.name, s.recovery.offset)
	c.mu.Lock()
	acks := past.acks
	c.unpark(past)
	c.unlink(past)
	past.life |= reported // this was not the end
	c.mu.Unlock()
	c.hub.exit(past.namespace)
	s.client.mu.Lock()
	s.acks = acks
	s.client.mu.Unlock()
	c.hub.stats.recovered.Add(1)
	return missed, whole
}

// EndParked ends all parked sockets, since the node stops: nobody can come back to it.
func (h *Hub) EndParked() {
	for _, n := range h.all() {
		for _, s := range n.absentees() {
			s.client.leave(s, engine.ServerShutdown, nil)
		}
	}
}
