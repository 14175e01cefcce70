package server

import (
	"log/slog"
	"os"
	"slices"
	"time"

	"realtime/core/link"
)

// Options is what a Server can be told. [Load] and [Defaults] make it; the zero value is not usable,
// since nothing means "off" for some options. table says what each field is for.
type Options struct {
	Env       string
	Listen    []string
	Upstream  []string
	LogLevel  slog.Level
	LogFormat string

	HealthListen string
	HealthPath   string

	Path              string
	PingInterval      time.Duration
	PingTimeout       time.Duration
	UpgradeTimeout    time.Duration
	ConnectTimeout    time.Duration
	Recovery          time.Duration
	HeartbeatInterval time.Duration
	HeartbeatTimeout  time.Duration
	CloseTimeout      time.Duration
	PollingDuration   time.Duration
	FlashPolicyListen string
	PlainClients      bool
	PlainSubprotocols []string
	MaxHTTPBufferSize int
	Transports        []string
	AllowUpgrades     bool
	HTTPCompression   bool
	PerMessageDeflate int
	Cookie            string
	InitialPacket     string
	ServeClient       bool
	ClientVersion     string
	Origins           []string
	MaxSessions       int
	MaxQueueBytes     int
	MaxQueueMessages  int
	MaxBacklog        int

	MaxEmitSize   int
	MaxNamespaces int
	MaxRooms      int
	MaxNameLength int
	MaxCalls      int
	MaxAcks       int

	Socket             string
	SocketMode         os.FileMode
	SocketGroup        string
	Token              string
	Node               string
	Connect            link.ConnectMode
	TokenKeys          []string
	TokenAlgorithm     string
	TokenAudience      string
	TokenIssuer        string
	AppGrace           time.Duration
	ConnectHookTimeout time.Duration
	HandlerTimeout     time.Duration
	LinkHeartbeat      time.Duration
	MaxWorkers         int
	MaxSocketEvents    int
	MaxSocketBytes     int
	MaxWaitingEvents   int
	MaxWaitingBytes    int
	MaxWaitingAge      time.Duration
	MaxDisconnects     int

	TrustedProxies      []string
	HoldTimeout         time.Duration
	MaxHeld             int
	ResponseTimeout     time.Duration
	BodyTimeout         time.Duration
	WriteTimeout        time.Duration
	UpstreamIdleTimeout time.Duration
	MaxRequestBody      int
	ErrorPage           string

	DrainDelay      time.Duration
	DrainSpread     time.Duration
	ShutdownTimeout time.Duration

	// Version is the binary's; it is no option.
	Version string

	doubts []string // what is probably a mistake and prevents nothing: New logs it
}

// Option describes one option for whoever shows or asks for it.
type Option struct {
	Key     string   // "ping_interval"; the flag is --ping-interval, the variable REALTIME_PING_INTERVAL
	Kind    Kind     //
	Default string   // as one would write it
	Help    string   // one or two sentences
	Zero    string   // for numbers: what 0 means; "": 0 is refused
	On      string   // for numbers that can be off: what true stands for; false is 0
	Choices []string // what the value, or each item of a list, may be; nil: anything
	Alias   string   // Socket.IO's name, accepted in the file
	Unit    string   // of durations under that name; "": milliseconds
	Secret  bool     // never shown
	Group   string   // heading in the reference
}

// row is an option and its place.
type row struct {
	Option
	field func(*Options) any      // pointer to the field; its type must fit Kind, see setField
	check func(text string) error // of the text, or of each item; nil: anything goes
}

// The headings of the reference.
const (
	general  = "The server"
	sessions = "Clients"
	elders   = "Clients 0.7 to 0.9"
	fanout   = "Namespaces, rooms, acks"
	appLink  = "The app link"
	proxying = "The proxy"
	stopping = "Stopping"
)

// table has every option once: flags, environment, file, `realtime config` and the reference are made
// from it.
var table = slices.Concat(serverRows, clientRows, elderRows, roomRows, linkRows, proxyRows, stopRows)

// settled are options of Socket.IO's server that we know and do not have: one value of each is what we do,
// and may be said.
var settled = map[string]struct{ value, why string }{
	"allowEIO3": {"true", "clients of all generations are served; leave it out, or say true"},
}

// appsOwn are keys of the file that only the app's libraries read.
var appsOwn = []string{
	"app", "buffer_bytes", "emit_timeout", "flush_timeout", "generation", "handle_in_web", "handler_threads",
	"namespaces", "native", "previous_secrets", "redeliver", "secret", "stop_timeout",
}

// Table returns all options, in the order of the reference.
func Table() []Option {
	options := make([]Option, len(table))
	for i := range table {
		options[i] = table[i].Option
	}
	return options
}

// Defaults returns the options when nothing is said at all.
func Defaults() Options {
	s, err := Load(Sources{File: noFile})
	if err != nil {
		panic("server: the defaults of the table do not fit it: " + err.Error())
	}
	return s.Options()
}
