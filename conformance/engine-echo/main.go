// Command engine-echo is an Engine.IO server that echoes every message, with the timings that the
// official Engine.IO protocol suite is written for. It mounts core/engine alone.
package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"realtime/core/engine"
	"realtime/core/poll"
	"realtime/core/proxy"
)

type echo struct{}

func (echo) Open(s *engine.Session) engine.Client { return client{s} }

type client struct{ session *engine.Session }

func (c client) Receive(data []byte, binary bool) (engine.Flow, error) {
	c.session.Send(engine.NewBare(c.session.Dialect(), data, binary), false)
	return engine.Continue, nil
}

func (client) Closed(engine.Reason, string) {}

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, log); err != nil {
		log.Error("engine-echo", "err", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger) error {
	address := "localhost:3000"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	poller, err := poll.New(poll.Config{Logger: log})
	if err != nil {
		return err
	}
	var server fasthttp.Server
	proxy.ConfigureServer(&server, log)
	wheel := poll.NewWheel()
	e := engine.New(engine.Config{
		PingInterval: 300 * time.Millisecond,
		PingTimeout:  200 * time.Millisecond,
		Origins:      []string{"*"},
		Logger:       log,
		Poller:       poller,
		Wheel:        wheel,
		Serve:        func(nc net.Conn) { _ = server.ServeConn(proxy.WrapConn(nc, 0)) },
	}, echo{})
	server.Handler = func(ctx *fasthttp.RequestCtx) { e.Handle(ctx, "") }
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return poller.Run(ctx) })
	group.Go(func() error { return wheel.Run(ctx) })
	group.Go(func() error { return e.Run(ctx) })
	group.Go(func() error { return server.Serve(proxy.WrapListener(ln, 0)) })
	group.Go(func() error {
		<-ctx.Done()
		return server.Shutdown()
	})
	return group.Wait()
}
