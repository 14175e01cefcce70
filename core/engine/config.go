package engine

import (
	"log/slog"
	"net"
	"time"

	"realtime/core/poll"
	"realtime/core/protocol/engineio"
	"realtime/core/protocol/socketio1"
	"realtime/core/proxy/forwarded"
)

// The defaults of [Config]. Where Engine.IO has an option of the same meaning, its default is ours.
const (
	DefaultPingInterval   = 25 * time.Second
	DefaultPingTimeout    = 20 * time.Second
	DefaultUpgradeTimeout = 10 * time.Second
	DefaultMaxPayload     = 1_000_000 // bytes: Engine.IO's maxHttpBufferSize

	// The timings of clients 0.7 to 0.9, as socket.io 0.9.14 and later have them.
	DefaultHeartbeatInterval = 25 * time.Second
	DefaultHeartbeatTimeout  = 60 * time.Second
	DefaultCloseTimeout      = 60 * time.Second
	DefaultPollingDuration   = 20 * time.Second

	// DefaultMaxQueueBytes and DefaultMaxQueueMessages are what may wait for a client that does not
	// read. They count only while its socket is full, or it has not polled for pollPatience.
	DefaultMaxQueueBytes    = 1 << 20
	DefaultMaxQueueMessages = 4096

	// DefaultMaxBacklog is how many bytes may wait to be written to clients that do read, over all
	// sessions, before publishers have to wait.
	DefaultMaxBacklog = 64 << 20

	// DefaultMaxSessions bounds the sessions of a node: far above what one machine serves, so it is
	// there against attacks only.
	DefaultMaxSessions = 1_000_000
)

// Limits without an option.
const (
	// pollPatience is how long a polling client may be between two polls before what waits for it
	// counts as for a full socket.
	pollPatience = 10 * time.Second

	// closePatience is how long a session that was closed waits for the next poll, to tell the
	// client. Source: the reference server.
	closePatience = 30 * time.Second

	// crossingPatience is how long a poll may be on its way after its client's goodbye.
	crossingPatience = 50 * time.Millisecond

	// lingerPatience is how long a WebSocket may take to answer our close frame.
	lingerPatience = 5 * time.Second

	// idlePatience is how long an HTTP connection is kept after a poll for the next one. It is above
	// the 60 s of the common load balancers, which should be the ones to close.
	idlePatience = 75 * time.Second

	// bodyPatience is how long the body of a POST may take.
	bodyPatience = 30 * time.Second

	// admitPatience is how long the handshake of a client 0.7 to 0.9 waits for the floor above. The client
	// itself gives up after 10 s.
	admitPatience = 8 * time.Second

	// openPatience is how long such a session waits for its first carrier. Source: socket.io 0.9.19.
	openPatience = 30 * time.Second
)

// Config is what a Server can be told. Zero values mean the defaults; Poller, Wheel and Serve are
// required.
type Config struct {
	PingInterval   time.Duration //
	PingTimeout    time.Duration //
	UpgradeTimeout time.Duration // for a WebSocket that takes over from polling

	// For clients 0.7 to 0.9; see socketio1.Timing.
	HeartbeatInterval time.Duration
	HeartbeatTimeout  time.Duration
	CloseTimeout      time.Duration
	PollingDuration   time.Duration
	OfferFlash        bool // their handshake offers the Flash player's WebSocket too

	MaxPayload    int      // bytes of a POST body and of a WebSocket message
	Transports    []string // of "polling", "websocket"; nil: both
	NoUpgrades    bool     // polling sessions stay polling sessions
	NoCompression bool     // of polling answers
	DeflateFrom   int      // bytes from which WebSocket messages are compressed; 0: none are
	Cookie        string   // name of a cookie with the session id, set on the handshake; "": none
	InitialPacket string   // a message sent with every handshake; "": none

	Origins     []string // pages of other origins that may connect: "https://example.org", "null", "*"
	Development bool     // any page from localhost may connect

	PlainClients bool     // clients without Socket.IO may connect, at PlainPath
	Subprotocols []string // that a WebSocket of theirs may ask for

	MaxQueueBytes    int
	MaxQueueMessages int
	MaxBacklog       int
	MaxSessions      int

	Forwarded *forwarded.Policy // who the client is; nil: the default policy
	Logger    *slog.Logger      // nil: silent

	Poller *poll.Poller
	Wheel  *poll.Wheel
	// Serve takes over an HTTP connection on which the next request is expected or has begun. It
	// is called on a goroutine of its own and returns when it has let the connection go.
	Serve func(net.Conn)
}

func (c Config) withDefaults() Config {
	setDefault(&c.PingInterval, DefaultPingInterval)
	setDefault(&c.PingTimeout, DefaultPingTimeout)
	setDefault(&c.UpgradeTimeout, DefaultUpgradeTimeout)
	setDefault(&c.HeartbeatInterval, DefaultHeartbeatInterval)
	setDefault(&c.HeartbeatTimeout, DefaultHeartbeatTimeout)
	setDefault(&c.CloseTimeout, DefaultCloseTimeout)
	setDefault(&c.PollingDuration, DefaultPollingDuration)
	setDefault(&c.MaxPayload, DefaultMaxPayload)
	setDefault(&c.MaxQueueBytes, DefaultMaxQueueBytes)
	setDefault(&c.MaxQueueMessages, DefaultMaxQueueMessages)
	setDefault(&c.MaxBacklog, DefaultMaxBacklog)
	setDefault(&c.MaxSessions, DefaultMaxSessions)
	if c.Transports == nil {
		c.Transports = []string{engineio.Polling.String(), engineio.WebSocket.String()}
	}
	if c.Forwarded == nil {
		c.Forwarded = &forwarded.Policy{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// v09Timing are the timings of clients 0.7 to 0.9.
func (c *Config) v09Timing() socketio1.Timing {
	return socketio1.Timing{
		HeartbeatInterval: c.HeartbeatInterval,
		HeartbeatTimeout:  c.HeartbeatTimeout,
		CloseTimeout:      c.CloseTimeout,
		PollingDuration:   c.PollingDuration,
		AdmitTimeout:      admitPatience,
		OpenTimeout:       openPatience,
	}
}

func setDefault[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}
