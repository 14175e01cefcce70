package server

import (
	"realtime/core/link"
	"realtime/core/proxy"
	"realtime/core/token"
)

// The rows of the table about the app and the end.

var linkRows = []row{
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
			Key: "connect", Kind: String, Default: "app", Choices: []string{"app", "ask", "token", "open"}, Group: appLink,
			Help: "Who lets clients in. app: the app's connect hook if it has one, else everybody enters the namespaces it serves. ask: nobody enters unasked. token: who brings a valid token, and nobody else; the app is not asked. open: nobody is asked.",
		},
		field: func(o *Options) any { return &o.Connect },
	},
	{
		Option: Option{
			Key: "token_keys", Kind: List, Secret: true, Group: appLink,
			Help: "Keys for clients' tokens beside those that the app brings by itself: secrets, public keys in PEM, or file:PATH. Several are a list in the file, or the flag several times; commas are part of a key. Better in the file or as file:PATH than as a flag, which others can see.",
		},
		field: func(o *Options) any { return &o.TokenKeys },
	},
	{
		Option: Option{
			Key: "token_algorithm", Kind: String, Default: token.HS256, Choices: token.Algorithms, Group: appLink,
			Help: "What token_keys are for: HS256 has secrets, the others have public keys. What the app brings is always for HS256.",
		},
		field: func(o *Options) any { return &o.TokenAlgorithm },
	},
	{
		Option: Option{
			Key: "token_audience", Kind: String, Group: appLink,
			Help: "The aud of tokens by token_keys that a third party makes. They let in to every namespace and their sub is the user; nothing else in them counts. Without it they are made like the app's.",
		},
		field: func(o *Options) any { return &o.TokenAudience },
	},
	{
		Option: Option{
			Key: "token_issuer", Kind: String, Group: appLink,
			Help: "The iss that tokens by token_keys must have.",
		},
		field: func(o *Options) any { return &o.TokenIssuer },
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
}

var proxyRows = []row{
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
}

var stopRows = []row{
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
