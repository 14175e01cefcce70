package hub

import (
	"slices"
	"sync/atomic"
	"time"

	"realtime/core/engine"
)

// Socket is one client in one namespace, from the question whether it may enter to its end. It
// stays readable after that.
//
// Concurrency: all methods may be called from any goroutine; none blocks.
//
// Tens of thousands of them are idle at any time: the fields are ordered for their size, and
// BenchmarkMemory watches it.
type Socket struct {
	id         string
	namespace  *namespace
	client     *client
	attributes atomic.Pointer[attributes] // nil while there are none; replaced whole
	recovery   *recovery                  // nil: its client cannot have it back
	handshake  *engine.Handshake          // nil: its session's
	since      int64                      // when the question was asked, ms since 1970

	// Guarded by client.mu.
	next   *Socket // of the session; no socket that has left is in that list
	acks   []uint64
	life   life
	reason engine.Reason // why it left

	answered atomic.Bool // the application has answered the question

	// Guarded by namespace.mu.
	withdrawn bool    // out of the namespace for good
	gone      bool    // parked: there is nobody who could answer a call
	slot      int32   // in namespace.joined, or notJoined
	held      *held   // not nil until the CONNECT answer is out
	end       *ending // nil before the end, and if there is nothing to say
	mark      uint64  // epoch of the last match that has dealt with this socket
	stays     []stay
}

// An ending is what remains of a membership that is over. It is written before the socket is
// accepted and left, both, and read after that.
type ending struct {
	rooms []string
}

// addLastRooms adds to the rooms that the application hears at the end. The caller holds
// namespace.mu.
func (s *Socket) addLastRooms(rooms []string) {
	if len(rooms) == 0 {
		return
	}
	if s.end == nil {
		s.end = new(ending)
	}
	s.end.rooms = append(s.end.rooms, rooms...)
}

// attributes are what the application keeps with a socket.
type attributes struct {
	user  string
	login string
	data  []byte
}

// Grant is what the application gives a socket it accepts. What is nil stays as Set left it, or, for a
// socket whose client came back, as it was.
type Grant struct {
	Rooms []string
	Add   bool    // the rooms are added to those of a socket whose client came back, not put in their place
	User  *string // an empty one is none
	Data  []byte  // a MessagePack value; kept
	Login string  // which login of the application it came with; "" for none
}

// ID returns the public id, which also addresses the socket.
func (s *Socket) ID() string { return s.id }

// Namespace returns the name of the socket's namespace: "/" or "/chat".
func (s *Socket) Namespace() string { return s.namespace.name }

// User returns the user that the application named, or "".
func (s *Socket) User() string {
	if a := s.attributes.Load(); a != nil {
		return a.user
	}
	return ""
}

// Login returns which login the socket came with, or "". It is a secret between the application and
// its client: no list shows it and no log has it.
func (s *Socket) Login() string {
	if a := s.attributes.Load(); a != nil {
		return a.login
	}
	return ""
}

// Data returns the MessagePack value the application keeps with the socket, or nil. It must not
// be changed.
func (s *Socket) Data() []byte {
	if a := s.attributes.Load(); a != nil {
		return a.data
	}
	return nil
}

// Handshake returns the request that opened the session, with the query of the socket's own CONNECT if
// that had one. It must not be changed.
func (s *Socket) Handshake() *engine.Handshake {
	if s.handshake != nil {
		return s.handshake
	}
	return s.client.session.Handshake()
}

// withQuery is a handshake with a CONNECT's query added to its own, as clients of revision 4 expect it; nil
// if there is none.
func withQuery(session *engine.Handshake, query string) *engine.Handshake {
	if query == "" {
		return nil
	}
	own := *session
	own.Query = slices.Clone(session.Query)
	for _, f := range queryFields(query) {
		own.Query = setField(own.Query, f)
	}
	return &own
}

// isClient reports whether the socket is its client itself; see codec.mainIsAll.
func (s *Socket) isClient() bool {
	return codecs[s.client.form].mainIsAll && s.namespace.name == s.client.home()
}

// Transport returns what carries the session now: "websocket" or "polling".
func (s *Socket) Transport() string { return s.client.session.Transport() }

// Dialect returns the client's generation.
func (s *Socket) Dialect() engine.Dialect { return s.client.dialect }

// ConnectedAt returns when the client asked to enter the namespace.
func (s *Socket) ConnectedAt() time.Time { return time.UnixMilli(s.since) }

// Ack answers an event of this socket; at most once for each id. It is for use after Accept has
// returned.
//
// Ownership: args, a MessagePack array that payload.Validate has accepted (nil is an empty one),
// is only read, and no longer than the call.
// Errors: ErrGone if the socket has left, or there is nothing to answer: the id was answered, or
// so many were waiting that it was forgotten (Config.MaxAcks). *Error with too_many_attachments,
// too_large or invalid; then the id can still be answered.
func (s *Socket) Ack(id uint64, args []byte) error {
	if next := s.heir(); next != nil {
		return next.Ack(id, args)
	}
	c := s.client
	p, err := c.hub.encodeAck(s.namespace.name, id, args)
	if err != nil {
		return err
	}
	defer p.giveBack()
	c.mu.Lock()
	waits := !s.life.has(left) && s.forgetAck(id)
	c.mu.Unlock()
	if !waits || !c.session.Send(p.message(c.form), false) {
		return ErrGone
	}
	return nil
}

// expectAck remembers that an event waits for its ack and reports whether that made the oldest
// one be forgotten. The caller holds client.mu.
func (s *Socket) expectAck(id uint64, limit int) (forgot bool) {
	if len(s.acks) >= limit {
		s.acks = slices.Delete(s.acks, 0, 1)
		forgot = true
	}
	s.acks = append(s.acks, id)
	return forgot
}

// keptAcks is the capacity a socket keeps while nothing waits for an ack.
const keptAcks = 4

// forgetAck reports whether an event with this id waited for its ack; now it does no longer.
// The caller holds client.mu.
func (s *Socket) forgetAck(id uint64) bool {
	i := slices.Index(s.acks, id)
	if i < 0 {
		return false
	}
	s.acks = slices.Delete(s.acks, i, i+1)
	if len(s.acks) == 0 && cap(s.acks) > keptAcks {
		s.acks = nil
	}
	return true
}

// Resume says that events of this socket can be taken again, after Event answered true. It may
// come before that answer has returned.
func (s *Socket) Resume() {
	c := s.client
	c.mu.Lock()
	s.life |= resumed
	last := c.unpause(s)
	c.mu.Unlock()
	if last {
		c.session.Resume()
	}
}

// overflow ends a session that cannot be kept: more is waiting for this socket's CONNECT answer
// than may. The client comes back and finds nothing missing in the middle.
func (s *Socket) overflow() {
	s.client.hub.log.Warn("closing a session: too much was sent to a socket that is not in yet",
		"namespace", s.namespace.name, "socket", s.id,
		"max_messages", maxHeldMessages, "max_bytes", maxHeldBytes)
	s.client.session.Close(engine.ForcedServerClose)
}
