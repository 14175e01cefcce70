package server

import (
	"realtime/core/engine"
	"realtime/core/hub"
	"realtime/core/server/clientjs"
)

// The rows of the table about the server and its clients.

var serverRows = []row{
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
}

var clientRows = []row{
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
			Key: "recovery", Kind: Duration, Default: "0s", Zero: "off", On: "2m", Alias: "connectionStateRecovery", Group: sessions,
			Help: "How long a client that has lost its connection may come back and get its socket, its rooms and the events it missed; the app hears of a disconnect only after that. Clients from 4.6 on ask for it by themselves; every event to clients 3.x and 4.x then ends with its offset, a text, as one more argument.",
		},
		field: func(o *Options) any { return &o.Recovery },
	},
	{
		Option: Option{
			Key: "plain_clients", Kind: Bool, Default: "false", Group: sessions,
			Help: "Whether pages without Socket.IO may connect, at /socket.io/plain: a bare WebSocket, an EventSource, or a GET now and then. What is emitted is then kept for five minutes, for those who were not there.",
		},
		field: func(o *Options) any { return &o.PlainClients },
	},
	{
		Option: Option{
			Key: "plain_subprotocols", Kind: List, Group: sessions,
			Help: "Sub-protocols that a bare WebSocket may ask for; one that asks for none of them is refused.",
		},
		field: func(o *Options) any { return &o.PlainSubprotocols },
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
			Key: "per_message_deflate", Kind: Bytes, Default: "0", Zero: "off", On: size(engine.DefaultDeflateFrom), Alias: "perMessageDeflate", Group: sessions,
			Help: "From which size on WebSocket messages are compressed, for clients that offer it; browsers do. It takes CPU for less bandwidth: a broadcast is compressed once.",
		},
		field: func(o *Options) any { return &o.PerMessageDeflate },
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
			Help: "Whether the official browser clients are served, at /socket.io/socket.io.min.js and its siblings, and realtime.js beside them.",
		},
		field: func(o *Options) any { return &o.ServeClient },
	},
	{
		Option: Option{
			Key: "client_version", Kind: String, Default: count(int(clientjs.Newest)), Group: sessions,
			Help: "Which client that is for names that do not say it: 0.9, 1, 2, 3 or 4. /socket.io/2/socket.io.js is the one of 2.x in any case.",
		},
		field: func(o *Options) any { return &o.ClientVersion }, check: checkClientVersion,
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
}

var roomRows = []row{
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
}
