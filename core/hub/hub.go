package hub

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// The defaults of [Config].
const (
	// DefaultConnectTimeout is Socket.IO's connectTimeout.
	DefaultConnectTimeout = 45 * time.Second

	// DefaultMaxPayload is Socket.IO's maxHttpBufferSize, in bytes.
	DefaultMaxPayload = 1_000_000

	// DefaultMaxNamespaces bounds what one session can make us keep; real clients use a few.
	DefaultMaxNamespaces = 64

	// DefaultMaxRooms is how many rooms a socket may be in. They are looked through one by one.
	DefaultMaxRooms = 1024

	// DefaultMaxName is how long the name of a room or a user may be, in bytes: a signed global
	// id fits.
	DefaultMaxName = 256

	// DefaultMaxCalls is how many calls may wait for one socket.
	DefaultMaxCalls = 1024

	// DefaultMaxAcks is how many of its events a client may be waiting on. An application that
	// never answers some must not make us remember them for ever.
	DefaultMaxAcks = 256
)

// Config is what a Hub can be told. The zero value means the defaults.
type Config struct {
	ConnectTimeout time.Duration // a session without a namespace is closed after this
	MaxPayload     int           // bytes of an emit or an ack, attachments included
	MaxNamespaces  int           // per session, those being asked for included
	MaxRooms       int           // per socket
	MaxName        int           // bytes of a room, a user or a namespace
	MaxCalls       int           // calls waiting for one socket
	MaxAcks        int           // client events waiting for their ack, per socket
	Recovery       time.Duration // how long a client that has dropped may come back for its sockets; 0: not at all
	History        bool          // what is emitted is kept a while, for plain clients that were not there
	Logger         *slog.Logger  // nil: silent
}

func (c Config) withDefaults() Config {
	setDefault(&c.ConnectTimeout, DefaultConnectTimeout)
	setDefault(&c.MaxPayload, DefaultMaxPayload)
	setDefault(&c.MaxNamespaces, DefaultMaxNamespaces)
	setDefault(&c.MaxRooms, DefaultMaxRooms)
	setDefault(&c.MaxName, DefaultMaxName)
	setDefault(&c.MaxCalls, DefaultMaxCalls)
	setDefault(&c.MaxAcks, DefaultMaxAcks)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func setDefault[T int | time.Duration](value *T, standard T) {
	if *value <= 0 {
		*value = standard
	}
}

// App is the application as the hub sees it.
//
// Concurrency: no method may block; none is called under a lock, so all of them may call back
// into the hub. For one socket the calls come one after the other: Connect, Event…, Disconnect.
// Disconnect may come while [Socket.Accept] has not returned yet.
type App interface {
	// Connect asks whether a client may enter a namespace. The answer may come later, from any
	// goroutine, once: Accept, Refuse or Abandon. auth is the client's CONNECT payload as a
	// MessagePack map, or nil, and belongs to the callee. Events the client sends meanwhile are
	// handed over at once; the application keeps them, and drops them if it refuses.
	Connect(s *Socket, auth []byte)

	// Event hands over an event. To answer true says that no more can be taken from this client;
	// its session is not read until [Socket.Resume].
	Event(s *Socket, e Event) (pause bool)

	// Disconnect says that an accepted socket is no more; it comes exactly once for each. rooms
	// are those it was in, sorted; for a client that had left before it was accepted, those it
	// was granted.
	Disconnect(s *Socket, reason string, rooms []string)
}

// Event is an event from a client.
type Event struct {
	Name     string
	Args     []byte // a MessagePack array, the receiver's own
	Ack      uint64 // what to answer with, if WantsAck
	WantsAck bool
}

// session is *engine.Session as the hub uses it; tests have their own.
type session interface {
	ID() string
	Dialect() engine.Dialect
	Transport() string
	Handshake() *engine.Handshake
	Send(m *engine.Message, volatile bool) bool
	Resume()
	Close(r engine.Reason)
	Refuse(m *engine.Message)
	Keep()
	HasTrail(scope string, offset engine.Offset) bool
	TakeTrail(scope string, offset engine.Offset) (missed []*engine.Message, ok bool)
}

// Hub holds all namespaces of this node.
//
// Concurrency: all methods may be called from any goroutine; none blocks.
type Hub struct {
	cfg           Config
	app           App
	log           *slog.Logger
	packetLimits  socketio.Limits
	payloadLimits payload.Limits

	// lastAck numbers the calls. Socket.IO counts for each namespace; one count for all of them
	// keeps a late ack from meeting a new call after a namespace was empty and forgotten.
	lastAck atomic.Uint64

	offsets offsets
	history history
	parked  atomic.Int64
	stats   stats

	encodings [forms]atomic.Int64

	mu         sync.Mutex
	namespaces map[string]*namespace
}

var _ engine.Handler = (*Hub)(nil)

// New returns a hub for the given application. It starts nothing.
func New(cfg Config, app App) *Hub {
	cfg = cfg.withDefaults()
	// An event may consist of a text and attachments, each as large as the engine lets through.
	packet := cfg.MaxPayload * (payload.MaxAttachments + 1)
	h := &Hub{
		cfg:           cfg,
		app:           app,
		log:           cfg.Logger,
		packetLimits:  socketio.Limits{Namespace: cfg.MaxName, Bytes: packet},
		payloadLimits: payload.Limits{Bytes: packet},
		namespaces:    make(map[string]*namespace),
	}
	if cfg.History {
		// Offsets outlive this process at clients that ask now and then; a new one begins above them, since
		// nobody emits a million times a second for long.
		h.offsets.last = uint64(time.Now().UnixMicro())
		h.history.floor = h.offsets.last
	}
	return h
}

// Open takes a new session. It implements engine.Handler.
func (h *Hub) Open(s *engine.Session) engine.Client { return h.open(s) }

// enter returns the namespace of this name for one more socket, which leaves it by exit.
func (h *Hub) enter(name string) *namespace {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.namespaces[name]
	if n == nil {
		n = newNamespace(name)
		h.namespaces[name] = n
	}
	n.refs++
	return n
}

func (h *Hub) exit(n *namespace) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n.refs--; n.refs == 0 {
		delete(h.namespaces, n.name)
	}
}

// namespace returns the namespace of this name, or nil if nobody is there. It may be empty by
// the time the caller looks, which is the same.
func (h *Hub) namespace(name string) *namespace {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.namespaces[name]
}

// Select says which sockets are meant: those in any room or with any id of To, those of any of
// Users and of any of Logins, or everyone in the namespace if not Restricted, without those of Except and ExceptUsers;
// each once. Not restricted means everyone; restricted to nothing means nobody.
//
// A socket that the application is being asked for is reached by its id alone.
type Select struct {
	Namespace   string   // "" is "/"; all but Join, Leave, Rooms and Call take a pattern, see IsPattern
	To          []string // rooms and socket ids
	Restricted  bool     // To, Users or Logins was given
	Users       []string
	Logins      []string
	Except      []string // rooms and socket ids
	ExceptUsers []string
}

// resolve checks the selection and returns its namespace, nil if nobody is in it.
func (h *Hub) resolve(sel *Select) (*namespace, error) {
	name, err := h.namespaceName(sel.Namespace)
	if err != nil {
		return nil, err
	}
	return h.namespace(name), nil
}

// Emit is one event for the selected sockets.
type Emit struct {
	Select
	Event    string
	Args     []byte // a MessagePack array that payload.Validate has accepted; nil is an empty one
	Volatile bool   // not to those who cannot take it at this instant
	Local    bool   // not to other nodes; there are none yet
	// Uncompressed says that compressing it would be of no use, where the engine would.
	Uncompressed bool
}

// Emit sends an event to the selected sockets. It returns when the event is queued for each.
//
// Ordering: emits of one goroutine reach each socket in their order, and none reaches a socket
// before its CONNECT answer. A socket that leaves during the call may or may not get it.
// Ownership: e is only read, and no longer than the call.
// Errors: *Error with reserved_event, too_many_attachments, too_large, invalid_namespace or
// invalid; then nobody got anything.
func (h *Hub) Emit(e Emit) error {
	if IsPattern(e.Namespace) {
		return h.emitMatching(e)
	}
	p, err := h.encodeEvent(&e, 0, false)
	if err != nil {
		return err
	}
	defer p.giveBack()
	if n := h.namespace(p.namespace); n != nil {
		n.deliver(&e.Select, p, e.Volatile)
		return nil
	}
	p.enter(&e.Select, e.Volatile) // nobody is there, but somebody may ask what was said
	p.leave()
	return nil
}

// Check returns the error that Emit would, and sends nothing.
func (h *Hub) Check(e Emit) error {
	if IsPattern(e.Namespace) {
		return h.checkMatching(e, h.matching(e.Namespace))
	}
	return h.checkOne(e)
}

func (h *Hub) checkOne(e Emit) error {
	p, err := h.encodeEvent(&e, 0, false)
	if err != nil {
		return err
	}
	p.giveBack()
	return nil
}

// Join puts the selected sockets into the rooms and returns how many were selected.
//
// Errors: *Error invalid for a name that no room can have, too_large if a socket would be in more
// than Config.MaxRooms; then nobody joined anything.
func (h *Hub) Join(sel Select, rooms []string) (int, error) {
	if err := h.checkRooms(rooms); err != nil {
		return 0, err
	}
	n, err := h.resolve(&sel)
	if n == nil {
		return 0, err
	}
	return n.join(&sel, rooms, h.cfg.MaxRooms)
}

// Leave takes the selected sockets out of the rooms and returns how many were selected.
func (h *Hub) Leave(sel Select, rooms []string) (int, error) {
	n, err := h.resolve(&sel)
	if n == nil {
		return 0, err
	}
	return n.leave(&sel, rooms), nil
}

// Parting says how sockets are ended by the application.
type Parting uint8

// The ways to part. The first two tell the clients, and stock ones do not come back by themselves.
const (
	// EndSocket ends the socket in its namespace and nothing else.
	EndSocket Parting = iota
	// EndSession ends the whole session, namespace by namespace.
	EndSession
	// SendAway closes the session without a goodbye, so that its client comes back and is asked again.
	SendAway
)

// EveryNamespace is a pattern for all namespaces.
const EveryNamespace = "*"

// Disconnect ends the selected sockets, or the whole sessions they are part of, and returns how many
// sockets were selected.
func (h *Hub) Disconnect(sel Select, how Parting) (int, error) {
	namespaces, err := h.selected(&sel)
	count := 0
	for _, n := range namespaces {
		count += n.part(&sel, how)
	}
	return count, err
}

func (n *namespace) part(sel *Select, how Parting) int {
	list := n.snapshot(sel)
	defer list.giveBack()
	for _, s := range list.sockets {
		switch how {
		case EndSocket:
			if s.isClient() {
				s.client.disconnectAll()
				continue
			}
			s.client.leave(s, engine.ServerNamespaceDisconnect, codecs[s.client.form].disconnected(s))
		case EndSession:
			s.client.disconnectAll()
		case SendAway:
			s.client.sendAway()
		}
	}
	return len(list.sockets)
}

// Set replaces what the application keeps with a socket: data, a MessagePack value, and the user.
// What is nil stays as it is; an empty user is none.
//
// Ownership: data is kept.
// Errors: ErrGone; *Error with invalid or too_large.
func (h *Hub) Set(socket string, data []byte, user *string) error {
	if err := h.checkAttributes(data, user); err != nil {
		return err
	}
	for _, n := range h.all() {
		if n.set(socket, data, user) {
			return nil
		}
	}
	return ErrGone
}

// all returns the namespaces there are now.
func (h *Hub) all() []*namespace {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*namespace, 0, len(h.namespaces))
	for _, n := range h.namespaces {
		list = append(list, n)
	}
	return list
}

func (h *Hub) namespaceName(name string) (string, error) {
	if name == "" {
		return socketio.MainNamespace, nil
	}
	if IsPattern(name) {
		return "", &Error{CodeInvalidNamespace, fmt.Sprintf(
			"namespace %.80q: a pattern, which only emit, sockets, count and disconnect take", name)}
	}
	if !socketio.ValidNamespace(name, h.packetLimits) {
		return "", &Error{CodeInvalidNamespace, fmt.Sprintf(
			"namespace %.80q: must begin with \"/\", have no comma and at most %d bytes", name, h.cfg.MaxName)}
	}
	return name, nil
}
