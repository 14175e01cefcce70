package server

import "realtime/core/engine"

// The rows for clients of Socket.IO 0.7 to 0.9. Their aliases are the settings of 0.9, in seconds.

var elderRows = []row{
	{
		Option: Option{
			Key: "heartbeat_interval", Kind: Duration, Default: text(engine.DefaultHeartbeatInterval), Alias: "heartbeat interval", Unit: "s", Group: elders,
			Help: "How often a client on a WebSocket or in an htmlfile is asked whether it is still there. Keep it below the other two: clients leave when they hear nothing for as long as the shorter one.",
		},
		field: func(o *Options) any { return &o.HeartbeatInterval },
	},
	{
		Option: Option{
			Key: "heartbeat_timeout", Kind: Duration, Default: text(engine.DefaultHeartbeatTimeout), Alias: "heartbeat timeout", Unit: "s", Group: elders,
			Help: "How long it may take to answer. Clients are told, in whole seconds.",
		},
		field: func(o *Options) any { return &o.HeartbeatTimeout },
	},
	{
		Option: Option{
			Key: "close_timeout", Kind: Duration, Default: text(engine.DefaultCloseTimeout), Alias: "close timeout", Unit: "s", Group: elders,
			Help: "How long a client whose connection is gone may take to come back, and what is sent to it is kept. Clients are told, in whole seconds.",
		},
		field: func(o *Options) any { return &o.CloseTimeout },
	},
	{
		Option: Option{
			Key: "polling_duration", Kind: Duration, Default: text(engine.DefaultPollingDuration), Alias: "polling duration", Unit: "s", Group: elders,
			Help: "How long a poll waits for something to say.",
		},
		field: func(o *Options) any { return &o.PollingDuration },
	},
	{
		Option: Option{
			Key: "flash_policy_listen", Kind: String, Alias: "flash policy port", Group: elders,
			Help: "A port, or host:port, on which Flash players are told that they may connect: 843 or 10843, where they ask first. With it browsers without a WebSocket are offered one through Flash. The ports of listen tell them in any case.",
		},
		field: func(o *Options) any { return &o.FlashPolicyListen }, check: checkListen,
	},
}
