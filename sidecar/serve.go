package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

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
	o, err := options(s)
	if err != nil {
		return err
	}
	log := newLogger(o)
	srv, err := server.New(o, log)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(oneWish, stop) }) // then signals have their usual effect
	go func() {
		<-srv.Listening()
		announce(srv, log, "upstream", strings.Join(o.Upstream, ", "))
	}()
	return srv.Run(ctx)
}

// options are the effective ones, with our version for the app and the health page, and the app's
// socket as a path that is right in any working directory. Its folder is made if only that is
// missing: a fresh checkout has no tmp.
func options(s server.Settings) (server.Options, error) {
	o := s.Options()
	o.Version = version
	if o.Socket == "" {
		return o, nil
	}
	socket, err := filepath.Abs(o.Socket)
	if err != nil {
		return o, fmt.Errorf("the path of the app's socket: %w", err)
	}
	o.Socket = socket
	_ = os.Mkdir(filepath.Dir(socket), 0o755) // usually there; if it cannot be, opening the socket fails
	return o, nil
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
