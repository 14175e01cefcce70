package main

import (
	"context"
	"os"
	"os/signal"
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
	log := o.NewLogger(os.Stderr)
	srv, err := server.New(o, log)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(oneWish, stop) }) // then signals have their usual effect
	go func() {
		<-srv.Listening()
		srv.Announce("upstream", strings.Join(o.Upstream, ", "))
	}()
	return srv.Run(ctx)
}

// options are the effective ones, with our version for the app and the health page.
func options(s server.Settings) (server.Options, error) {
	o := s.Options()
	o.Version = version
	return o, o.PlaceSocket()
}
