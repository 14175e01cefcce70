package server

import (
	"log/slog"
	"os"
	"time"

	"realtime/core/engine"
	"realtime/core/hub"
	"realtime/core/link"
	"realtime/core/proxy"
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
	MaxHTTPBufferSize int
	Transports        []string
	AllowUpgrades     bool
	HTTPCompression   bool
	Cookie            string
	InitialPacket     string
	ServeClient       bool
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
	Choices []string // what the value, or each item of a list, may be; nil: anything
	Alias   string   // Socket.IO's name, accepted in the file; durations are milliseconds there
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
	fanout   = "Namespaces, rooms, acks"
	appLink  = "The app link"
	proxying = "The proxy"
	stopping = "Stopping"
)

// table has every option once: flags, environment, file, `realtime config` and the reference are made
// from it.
var table = []row{
	{
		Option: Option{
			Key: "env", Kind: String, Group: general,
			Help: "Name of the environment: it chooses the section of the file, and development lets pages from any localhost port connect. Without it: RAILS_ENV, RACK_ENV, DJANGO_ENV, else development for `realtime run` and production for the rest. Cannot stand in the file.",
		},
		field: func(o *Options) any { return &o.Env },
	},
	{
		Option: Option{
			Key: "listen", Kind: List, Default: ":8000", Group: general,
			Help: "Where clients connect: host:port, a port, or unix:path. The variable PORT gives the port if neither flag nor REALTIME_LISTEN does.",
		},
		field: func(o *Options) any { return &o.Listen }, check: checkListen,
	},
	{
		Option: Option{
			Key: "upstream", Kind: List, Group: general,
			Help: "The app: http://host:port, host:port or unix:path, tried in this order. Without it whatever is not Socket.IO is answered 404.",
		},
		field: func(o *Options) any { return &o.Upstream }, check: checkUpstream,
	},
	{
		Option: Option{
			Key: "log_level", Kind: String, Default: "info", Choices: []string{"debug", "info", "warn", "error"}, Group: general,
			Help: "The least important lines that are logged.",
		},
		field: func(o *Options) any { return &o.LogLevel },
	},
	{
		Option: Option{
			Key: "log_format", Kind: String, Default: "text", Choices: []string{"text", "json"}, Group: general,
			Help: "How lines are logged, on standard error.",
		},
		field: func(o *Options) any { return &o.LogFormat },
	},
	{
		Option: Option{
			Key: "health_listen", Kind: String, Group: general,
			Help: "host:port or unix:path for /health/live and /health/ready; give it a loopback or internal address. Without it no such port is opened.",
		},
		field: func(o *Options) any { return &o.HealthListen }, check: checkListen,
	},
	{
		Option: Option{
			Key: "health_path", Kind: String, Group: general,
			Help: "A path on the main port that is answered 200 while clients are taken, else 503, and tells nothing else: for load balancers that can only ask there. Without it that path is the app's.",
		},
		field: func(o *Options) any { return &o.HealthPath }, check: checkPath,
	},

	{
		Option: Option{
			Key: "path", Kind: String, Default: "/socket.io/", Alias: "path", Group: sessions,
			Help: "Where Socket.IO answers; clients have the same option.",
		},
		field: func(o *Options) any { return &o.Path }, check: checkPath,
	},
	{
		Option: Option{
			Key: "origins", Kind: List, Alias: "cors", Group: sessions,
			Help: "Pages of other sites that may connect: https://example.org, null, or * for all. Pages of the same host always may.",
		},
		field: func(o *Options) any { return &o.Origins }, check: checkOrigin,
	},
	{
		Option: Option{
			Key: "transports", Kind: List, Default: "polling, websocket", Choices: []string{"polling", "websocket"}, Alias: "transports", Group: sessions,
			Help: "How clients may connect.",
		},
		field: func(o *Options) any { return &o.Transports },
	},
	{
		Option: Option{
			Key: "allow_upgrades", Kind: Bool, Default: "true", Alias: "allowUpgrades", Group: sessions,
			Help: "Whether polling clients are told to change to WebSocket.",
		},
		field: func(o *Options) any { return &o.AllowUpgrades },
	},
	{
		Option: Option{
			Key: "ping_interval", Kind: Duration, Default: text(engine.DefaultPingInterval), Alias: "pingInterval", Group: sessions,
			Help: "How often a client is asked whether it is still there.",
		},
		field: func(o *Options) any { return &o.PingInterval },
	},
	{
		Option: Option{
			Key: "ping_timeout", Kind: Duration, Default: text(engine.DefaultPingTimeout), Alias: "pingTimeout", Group: sessions,
			Help: "How long it may take to answer.",
		},
		field: func(o *Options) any { return &o.PingTimeout },
	},
	{
		Option: Option{
			Key: "upgrade_timeout", Kind: Duration, Default: text(engine.DefaultUpgradeTimeout), Alias: "upgradeTimeout", Group: sessions,
			Help: "How long the change to WebSocket may take.",
		},
		field: func(o *Options) any { return &o.UpgradeTimeout },
	},
	{
		Option: Option{
			Key: "connect_timeout", Kind: Duration, Default: text(hub.DefaultConnectTimeout), Alias: "connectTimeout", Group: sessions,
			Help: "A client that has joined no namespace by then is closed.",
		},
		field: func(o *Options) any { return &o.ConnectTimeout },
	},
	{
		Option: Option{
			Key: "max_http_buffer_size", Kind: Bytes, Default: "1MB", Alias: "maxHttpBufferSize", Group: sessions,
			Help: "The largest message a client may send.",
		},
		field: func(o *Options) any { return &o.MaxHTTPBufferSize },
	},
	{
		Option: Option{
			Key: "http_compression", Kind: Bool, Default: "true", Alias: "httpCompression", Group: sessions,
			Help: "Whether answers to polling clients are compressed, from 1 KiB.",
		},
		field: func(o *Options) any { return &o.HTTPCompression },
	},
	{
		Option: Option{
			Key: "cookie", Kind: String, Alias: "cookie", Group: sessions,
			Help: "Name of a cookie with the session's id, for balancers that want one; true means io. Sessions need none.",
		},
		field: func(o *Options) any { return &o.Cookie }, check: checkCookie,
	},
	{
		Option: Option{
			Key: "initial_packet", Kind: String, Alias: "initialPacket", Group: sessions,
			Help: "A message sent to every client before all others.",
		},
		field: func(o *Options) any { return &o.InitialPacket },
	},
	{
		Option: Option{
			Key: "serve_client", Kind: Bool, Default: "true", Alias: "serveClient", Group: sessions,
			Help: "Whether the official browser client is served, at /socket.io/socket.io.min.js and its siblings.",
		},
		field: func(o *Options) any { return &o.ServeClient },
	},
	{
		Option: Option{
			Key: "max_sessions", Kind: Int, Default: count(engine.DefaultMaxSessions), Group: sessions,
			Help: "Clients at the same time; more are answered 503.",
		},
		field: func(o *Options) any { return &o.MaxSessions },
	},
	{
		Option: Option{
			Key: "max_queue_bytes", Kind: Bytes, Default: size(engine.DefaultMaxQueueBytes), Group: sessions,
			Help: "What may wait for a client that does not read; beyond it the client is closed.",
		},
		field: func(o *Options) any { return &o.MaxQueueBytes },
	},
	{
		Option: Option{
			Key: "max_queue_messages", Kind: Int, Default: count(engine.DefaultMaxQueueMessages), Group: sessions,
			Help: "The same, counted in messages.",
		},
		field: func(o *Options) any { return &o.MaxQueueMessages },
	},
	{
		Option: Option{
			Key: "max_backlog", Kind: Bytes, Default: size(engine.DefaultMaxBacklog), Group: sessions,
			Help: "What may wait for all clients together; beyond it the app's emits have to wait.",
		},
		field: func(o *Options) any { return &o.MaxBacklog },
	},

	{
		Option: Option{
			Key: "max_emit_size", Kind: Bytes, Default: "1MB", Group: fanout,
			Help: "The largest emit or ack of the app, attachments included.",
		},
		field: func(o *Options) any { return &o.MaxEmitSize },
	},
	{
		Option: Option{
			Key: "max_namespaces", Kind: Int, Default: count(hub.DefaultMaxNamespaces), Group: fanout,
			Help: "Namespaces one client may be in.",
		},
		field: func(o *Options) any { return &o.MaxNamespaces },
	},
	{
		Option: Option{
			Key: "max_rooms", Kind: Int, Default: count(hub.DefaultMaxRooms), Group: fanout,
			Help: "Rooms one socket may be in.",
		},
		field: func(o *Options) any { return &o.MaxRooms },
	},
	{
		Option: Option{
			Key: "max_name_length", Kind: Bytes, Default: count(hub.DefaultMaxName), Group: fanout,
			Help: "The longest name of a room, a user or a namespace.",
		},
		field: func(o *Options) any { return &o.MaxNameLength },
	},
	{
		Option: Option{
			Key: "max_calls", Kind: Int, Default: count(hub.DefaultMaxCalls), Group: fanout,
			Help: "Acks the app may be waiting for from one socket.",
		},
		field: func(o *Options) any { return &o.MaxCalls },
	},
	{
		Option: Option{
			Key: "max_acks", Kind: Int, Default: count(hub.DefaultMaxAcks), Group: fanout,
			Help: "Acks one socket may be waiting for from the app.",
		},
		field: func(o *Options) any { return &o.MaxAcks },
	},

	{
		Option: Option{
			Key: "socket", Kind: String, Default: "tmp/realtime.sock", Group: appLink,
			Help: "The Unix socket on which app processes connect.",
		},
		field: func(o *Options) any { return &o.Socket }, check: checkSocket,
	},
	{
		Option: Option{
			Key: "socket_mode", Kind: Mode, Default: "0660", Group: appLink,
			Help: "Permissions of the socket file. Whoever connects must also be root, the same user, or of socket_group.",
		},
		field: func(o *Options) any { return &o.SocketMode },
	},
	{
		Option: Option{
			Key: "socket_group", Kind: String, Group: appLink,
			Help: "A group, by name or number, whose members may connect.",
		},
		field: func(o *Options) any { return &o.SocketGroup },
	},
	{
		Option: Option{
			Key: "token", Kind: String, Secret: true, Group: appLink,
			Help: "What app processes must show, where the socket's permissions are not enough.",
		},
		field: func(o *Options) any { return &o.Token },
	},
	{
		Option: Option{
			Key: "node", Kind: String, Default: "local", Group: appLink,
			Help: "Name of this sidecar for the app.",
		},
		field: func(o *Options) any { return &o.Node },
	},
	{
		Option: Option{
			Key: "connect", Kind: String, Default: "app", Choices: []string{"app", "ask", "open"}, Group: appLink,
			Help: "Who lets clients in. app: the app's connect hook if it has one, else everybody enters the namespaces it serves. ask: nobody enters unasked. open: nobody is asked.",
		},
		field: func(o *Options) any { return &o.Connect },
	},
	{
		Option: Option{
			Key: "app_grace", Kind: Duration, Default: text(link.DefaultAppGrace), Group: appLink,
			Help: "How long a client that connects waits for an app that is away.",
		},
		field: func(o *Options) any { return &o.AppGrace },
	},
	{
		Option: Option{
			Key: "connect_hook_timeout", Kind: Duration, Default: text(link.DefaultConnectTimeout), Group: appLink,
			Help: "How long the app's connect hook may take; then the client is sent away to try again.",
		},
		field: func(o *Options) any { return &o.ConnectHookTimeout },
	},
	{
		Option: Option{
			Key: "handler_timeout", Kind: Duration, Default: text(link.DefaultHandlerTimeout), Group: appLink,
			Help: "How long a handler may take before its ack is given up and the socket's next event goes out.",
		},
		field: func(o *Options) any { return &o.HandlerTimeout },
	},
	{
		Option: Option{
			Key: "link_heartbeat", Kind: Duration, Default: text(link.DefaultHeartbeat), Group: appLink,
			Help: "Silence of an app process after which it is asked whether it lives; after three of them its connection is closed.",
		},
		field: func(o *Options) any { return &o.LinkHeartbeat },
	},
	{
		Option: Option{
			Key: "max_workers", Kind: Int, Default: count(link.DefaultMaxWorkers), Group: appLink,
			Help: "Connections of app processes at the same time.",
		},
		field: func(o *Options) any { return &o.MaxWorkers },
	},
	{
		Option: Option{
			Key: "max_socket_events", Kind: Int, Default: count(link.DefaultSocketEvents), Group: appLink,
			Help: "Events of one socket that may wait for the app; then its client is not read until half are done.",
		},
		field: func(o *Options) any { return &o.MaxSocketEvents },
	},
	{
		Option: Option{
			Key: "max_socket_bytes", Kind: Bytes, Default: size(link.DefaultSocketBytes), Group: appLink,
			Help: "The same, counted in bytes.",
		},
		field: func(o *Options) any { return &o.MaxSocketBytes },
	},
	{
		Option: Option{
			Key: "max_waiting_events", Kind: Int, Default: count(link.DefaultNodeEvents), Group: appLink,
			Help: "Events of all sockets that may wait for the app; beyond it they are dropped and counted.",
		},
		field: func(o *Options) any { return &o.MaxWaitingEvents },
	},
	{
		Option: Option{
			Key: "max_waiting_bytes", Kind: Bytes, Default: size(link.DefaultNodeBytes), Group: appLink,
			Help: "The same, counted in bytes.",
		},
		field: func(o *Options) any { return &o.MaxWaitingBytes },
	},
	{
		Option: Option{
			Key: "max_waiting_age", Kind: Duration, Default: text(link.DefaultEventAge), Group: appLink,
			Help: "How long an event waits for an app that is away.",
		},
		field: func(o *Options) any { return &o.MaxWaitingAge },
	},
	{
		Option: Option{
			Key: "max_disconnects", Kind: Int, Default: count(link.DefaultDisconnects), Group: appLink,
			Help: "Disconnects that are kept for an app that is away.",
		},
		field: func(o *Options) any { return &o.MaxDisconnects },
	},

	{
		Option: Option{
			Key: "trusted_proxies", Kind: List, Default: "private", Group: proxying,
			Help: "Whose X-Forwarded-For and the like are believed: addresses and networks; private means loopback and private networks, none nobody.",
		},
		field: func(o *Options) any { return &o.TrustedProxies }, check: checkNetwork,
	},
	{
		Option: Option{
			Key: "hold_timeout", Kind: Duration, Default: text(proxy.DefaultHoldTimeout), Zero: "requests are not held", Group: proxying,
			Help: "How long a request waits for an app that is not listening, as during its restart.",
		},
		field: func(o *Options) any { return &o.HoldTimeout },
	},
	{
		Option: Option{
			Key: "max_held", Kind: Int, Default: count(proxy.DefaultMaxHeld), Group: proxying,
			Help: "Requests that wait so; more are answered 503 at once.",
		},
		field: func(o *Options) any { return &o.MaxHeld },
	},
	{
		Option: Option{
			Key: "response_timeout", Kind: Duration, Default: text(proxy.DefaultResponseHeaderTimeout), Zero: "no limit", Group: proxying,
			Help: "How long the app may take from the end of a request to the head of its answer.",
		},
		field: func(o *Options) any { return &o.ResponseTimeout },
	},
	{
		Option: Option{
			Key: "body_timeout", Kind: Duration, Default: text(proxy.DefaultBodyIdleTimeout), Zero: "no limit", Group: proxying,
			Help: "The longest silence of a client within a request's body.",
		},
		field: func(o *Options) any { return &o.BodyTimeout },
	},
	{
		Option: Option{
			Key: "write_timeout", Kind: Duration, Default: text(proxy.DefaultWriteTimeout), Group: proxying,
			Help: "How long one write to a client that does not read may take.",
		},
		field: func(o *Options) any { return &o.WriteTimeout },
	},
	{
		Option: Option{
			Key: "upstream_idle_timeout", Kind: Duration, Default: text(proxy.DefaultUpstreamIdleTimeout), Group: proxying,
			Help: "How long an unused connection to the app is kept. Keep it below the app server's own: gunicorn has 2 s, puma 20 s.",
		},
		field: func(o *Options) any { return &o.UpstreamIdleTimeout },
	},
	{
		Option: Option{
			Key: "max_request_body", Kind: Bytes, Default: "0", Zero: "unlimited", Group: proxying,
			Help: "The largest request body passed to the app; larger ones are answered 413.",
		},
		field: func(o *Options) any { return &o.MaxRequestBody },
	},
	{
		Option: Option{
			Key: "error_page", Kind: String, Group: proxying,
			Help: "An HTML file for the time the app is away, for example public/500.html.",
		},
		field: func(o *Options) any { return &o.ErrorPage },
	},

	{
		Option: Option{
			Key: "drain_delay", Kind: Duration, Default: "0s", Zero: "no wait", Group: stopping,
			Help: "How long the server goes on after it was told to stop, while health says not ready: time for a load balancer to notice.",
		},
		field: func(o *Options) any { return &o.DrainDelay },
	},
	{
		Option: Option{
			Key: "drain_spread", Kind: Duration, Default: "2s", Zero: "all at once", Group: stopping,
			Help: "Over how long clients are closed, so that they do not come back as one. At most a quarter of shutdown_timeout.",
		},
		field: func(o *Options) any { return &o.DrainSpread },
	},
	{
		Option: Option{
			Key: "shutdown_timeout", Kind: Duration, Default: "20s", Group: stopping,
			Help: "How long our own stopping may take after drain_delay; requests under way have half of it. The app of `realtime run` then has as long again.",
		},
		field: func(o *Options) any { return &o.ShutdownTimeout },
	},
}

// refused are options of Socket.IO's server that we know and do not have. Saying false is fine.
var refused = map[string]string{
	"perMessageDeflate":       "WebSocket messages are not compressed; leave it out, or say false",
	"connectionStateRecovery": "connection state recovery is not there yet; leave it out, or say false",
	"allowEIO3":               "clients before 3.x are not served yet; leave it out, or say false",
}

// appsOwn are keys of the file that only the app's libraries read.
var appsOwn = []string{
	"app", "buffer_bytes", "emit_timeout", "flush_timeout", "generation", "handler_threads", "namespaces",
	"redeliver", "stop_timeout",
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
