package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"realtime/core/server"
)

// serveCommand stands in front of an app that somebody else runs.
type serveCommand struct {
	settings `embed:""`
}

// Run works until a signal: the first one stops in order, the second one at once.
func (c *serveCommand) Run(*grammar) error {
	s, err := c.load("", nil)
	if err != nil {
		return err
	}
	o := options(s)
	log := newLogger(o)
	srv, err := server.New(o, log)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal has its usual effect
	go announce(srv, log, "upstream", fmt.Sprint(o.Upstream))
	return srv.Run(ctx)
}

// options are the effective ones, with our version for the app and the health page.
func options(s server.Settings) server.Options {
	o := s.Options()
	o.Version = version
	return o
}

// announce says where clients may connect, as soon as they may.
func announce(srv *server.Server, log *slog.Logger, more ...any) {
	<-srv.Listening()
	for _, address := range srv.Addr() {
		log.Info("listening", append([]any{"address", address.String()}, more...)...)
	}
}

// newLogger writes to standard error, as text or JSON.
func newLogger(o server.Options) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.LogLevel}
	if o.LogFormat == "json" {
		options.ReplaceAttr = spellDurations
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// spellDurations writes durations as people read them, which JSON would show in nanoseconds.
func spellDurations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}
