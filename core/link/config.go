package link

import (
	"context"
	"log/slog"
	"os"
	"time"

	"realtime/core/id"
	"realtime/core/protocol/rpc"
	"realtime/core/token"
)

// ConnectMode is who lets clients in.
type ConnectMode string

// The modes.
const (
	// ConnectApp asks an app that has a connect hook. Without one everybody may enter the
	// namespaces it serves.
	ConnectApp ConnectMode = "app"
	// ConnectAsk never lets anybody in unasked: without a hook clients wait and come back.
	ConnectAsk ConnectMode = "ask"
	// ConnectToken lets in who brings a valid token, which says who it is, and nobody else. The app
	// is not asked.
	ConnectToken ConnectMode = "token"
	// ConnectOpen asks nobody: every namespace is open, also while no app is there.
	ConnectOpen ConnectMode = "open"
)

// The defaults of [Config].
const (
	// DefaultMode lets the owner and the group connect.
	DefaultMode os.FileMode = 0o660

	// DefaultAppGrace is how long a client waits for an app that restarts: a Rails app boots in it.
	DefaultAppGrace = 30 * time.Second

	// DefaultConnectTimeout is how long a connect hook may think: well under the 20 s after which
	// stock clients give up.
	DefaultConnectTimeout = 10 * time.Second

	// DefaultHandlerTimeout is when an event's ack and its place in the order are given up.
	DefaultHandlerTimeout = 60 * time.Second

	// DefaultHeartbeat is the silence after which a ping is sent; after two more it is over.
	DefaultHeartbeat = 25 * time.Second

	// DefaultHelloTimeout is for the first frame; helloFrame bounds it in bytes.
	DefaultHelloTimeout = 5 * time.Second
	helloFrame          = 64 << 10

	// DefaultWindow is how many unanswered requests one app connection may have.
	DefaultWindow = 1024

	// DefaultMaxWorkers bounds the connections: a large machine has some hundred app processes.
	DefaultMaxWorkers = 4096

	// DefaultSocketEvents and DefaultSocketBytes are what may wait for one socket; at them its
	// client is not read any more, at half it is again.
	DefaultSocketEvents = 64
	DefaultSocketBytes  = 256 << 10

	// DefaultNodeEvents, DefaultNodeBytes and DefaultEventAge are what may wait in all, and for how
	// long without a worker: memory that an app's restart may cost.
	DefaultNodeEvents = 65_536
	DefaultNodeBytes  = 64 << 20
	DefaultEventAge   = 30 * time.Second

	// DefaultDisconnects are kept without an age limit: about 20 MB.
	DefaultDisconnects = 65_536

	// DefaultStallBytes unread for DefaultStallTime end a connection; hardStall times as many end
	// it at once, so that memory stays bounded in the meantime.
	DefaultStallBytes = 16 << 20
	DefaultStallTime  = 10 * time.Second
	hardStall         = 4

	// DefaultRememberIDs accepted emits are remembered for DefaultRememberTime.
	DefaultRememberIDs  = 100_000
	DefaultRememberTime = 2 * time.Minute
)

// Config is what a Link can be told. The zero value means the defaults.
type Config struct {
	Socket string      // path of the socket file; "" when only ServeConn is used
	Mode   os.FileMode // of the file
	Group  string      // socket_group: its members may connect too
	Token  string      // what hello must bring; "" when permissions are the guard

	ConnectMode    ConnectMode
	Tokens         *token.Verifier // nil: one that knows the app's secrets only
	AppGrace       time.Duration
	ConnectTimeout time.Duration
	HandlerTimeout time.Duration
	Heartbeat      time.Duration
	HelloTimeout   time.Duration

	MaxFrame     int // bytes, at most rpc.MaxFrame
	Window       int
	MaxWorkers   int
	SocketEvents int
	SocketBytes  int
	NodeEvents   int
	NodeBytes    int
	EventAge     time.Duration
	Disconnects  int
	StallBytes   int
	StallTime    time.Duration
	RememberIDs  int
	RememberTime time.Duration

	// WaitBacklog is called before an emit is carried out and may block until what waits for slow
	// clients is less, or ctx ends: publishers are not read meanwhile. nil: never.
	WaitBacklog func(ctx context.Context)

	Node    string // name of this node
	Boot    string // unique per start, at most 40 bytes; "" makes one
	Version string // of the sidecar
	// Production warns once when clients are let in unasked.
	Production bool
	Logger     *slog.Logger // nil: silent
}

func (c Config) withDefaults() Config {
	orDefault(&c.Mode, DefaultMode)
	orDefault(&c.ConnectMode, ConnectApp)
	if c.Tokens == nil {
		c.Tokens = token.AppOnly()
	}
	orDefault(&c.AppGrace, DefaultAppGrace)
	orDefault(&c.ConnectTimeout, DefaultConnectTimeout)
	orDefault(&c.HandlerTimeout, DefaultHandlerTimeout)
	orDefault(&c.Heartbeat, DefaultHeartbeat)
	orDefault(&c.HelloTimeout, DefaultHelloTimeout)
	orDefault(&c.MaxFrame, rpc.MaxFrame)
	orDefault(&c.Window, DefaultWindow)
	orDefault(&c.MaxWorkers, DefaultMaxWorkers)
	orDefault(&c.SocketEvents, DefaultSocketEvents)
	orDefault(&c.SocketBytes, DefaultSocketBytes)
	orDefault(&c.NodeEvents, DefaultNodeEvents)
	orDefault(&c.NodeBytes, DefaultNodeBytes)
	orDefault(&c.EventAge, DefaultEventAge)
	orDefault(&c.Disconnects, DefaultDisconnects)
	orDefault(&c.StallBytes, DefaultStallBytes)
	orDefault(&c.StallTime, DefaultStallTime)
	orDefault(&c.RememberIDs, DefaultRememberIDs)
	orDefault(&c.RememberTime, DefaultRememberTime)
	orDefault(&c.Boot, id.New())
	orDefault(&c.Node, "local")
	orDefault(&c.Version, "dev")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func orDefault[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}
