package server

import (
	"log/slog"
	"time"

	"realtime/core/engine"
	"realtime/core/hub"
	"realtime/core/link"
	"realtime/core/proxy"
)

// development is the environment that is made for one person's own machine.
const development = "development"

func (o *Options) engineConfig(log *slog.Logger) engine.Config {
	return engine.Config{
		PingInterval:   o.PingInterval,
		PingTimeout:    o.PingTimeout,
		UpgradeTimeout: o.UpgradeTimeout,

		HeartbeatInterval: o.HeartbeatInterval,
		HeartbeatTimeout:  o.HeartbeatTimeout,
		CloseTimeout:      o.CloseTimeout,
		PollingDuration:   o.PollingDuration,
		OfferFlash:        o.FlashPolicyListen != "",

		MaxPayload:       o.MaxHTTPBufferSize,
		Transports:       o.Transports,
		NoUpgrades:       !o.AllowUpgrades,
		NoCompression:    !o.HTTPCompression,
		DeflateFrom:      o.PerMessageDeflate,
		Cookie:           o.Cookie,
		InitialPacket:    o.InitialPacket,
		Origins:          o.Origins,
		Development:      o.Env == development,
		MaxQueueBytes:    o.MaxQueueBytes,
		MaxQueueMessages: o.MaxQueueMessages,
		MaxBacklog:       o.MaxBacklog,
		MaxSessions:      o.MaxSessions,
		PlainClients:     o.PlainClients,
		Subprotocols:     o.PlainSubprotocols,
		Logger:           log,
	}
}

func (o *Options) hubConfig(log *slog.Logger) hub.Config {
	return hub.Config{
		ConnectTimeout: o.ConnectTimeout,
		MaxPayload:     o.MaxEmitSize,
		MaxNamespaces:  o.MaxNamespaces,
		MaxRooms:       o.MaxRooms,
		MaxName:        o.MaxNameLength,
		MaxCalls:       o.MaxCalls,
		MaxAcks:        o.MaxAcks,
		Recovery:       o.Recovery,
		History:        o.PlainClients,
		Logger:         log,
	}
}

func (o *Options) linkConfig(log *slog.Logger) link.Config {
	return link.Config{
		Socket:         o.Socket,
		Mode:           o.SocketMode,
		Group:          o.SocketGroup,
		Token:          o.Token,
		ConnectMode:    o.Connect,
		AppGrace:       o.AppGrace,
		ConnectTimeout: o.ConnectHookTimeout,
		HandlerTimeout: o.HandlerTimeout,
		Heartbeat:      o.LinkHeartbeat,
		MaxWorkers:     o.MaxWorkers,
		SocketEvents:   o.MaxSocketEvents,
		SocketBytes:    o.MaxSocketBytes,
		NodeEvents:     o.MaxWaitingEvents,
		NodeBytes:      o.MaxWaitingBytes,
		EventAge:       o.MaxWaitingAge,
		Disconnects:    o.MaxDisconnects,
		Node:           o.Node,
		Version:        o.Version,
		Production:     o.Env != development && o.Env != "test",
		Logger:         log,
	}
}

func (o *Options) proxyConfig(log *slog.Logger) proxy.Config {
	return proxy.Config{
		Upstreams:             o.Upstream,
		HoldTimeout:           orNone(o.HoldTimeout),
		MaxHeld:               o.MaxHeld,
		ResponseHeaderTimeout: orNone(o.ResponseTimeout),
		BodyIdleTimeout:       orNone(o.BodyTimeout),
		WriteTimeout:          o.WriteTimeout,
		UpstreamIdleTimeout:   o.UpstreamIdleTimeout,
		MaxRequestBody:        int64(o.MaxRequestBody),
		ErrorPage:             o.ErrorPage,
		Logger:                log,
	}
}

// orNone is how the proxy's configuration says what 0 says in ours.
func orNone(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
