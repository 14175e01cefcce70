// Command bare is the sidecar without its proxy and its configuration, and with a profiler: poll,
// engine, hub and link, wired as the sidecar wires them. It is there to find out where time and
// memory go; what is compared with other servers is the sidecar itself.
//
//	bare -listen 127.0.0.1:8000 -socket /tmp/realtime.sock -pprof 127.0.0.1:6060
//
//	go tool pprof -top 'http://127.0.0.1:6060/debug/pprof/profile?seconds=5'
//	go tool pprof -top 'http://127.0.0.1:6060/debug/pprof/heap?gc=1'
package main

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" // at the address of -pprof
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"realtime/core/engine"
	"realtime/core/hub"
	"realtime/core/link"
	"realtime/core/poll"
	"realtime/core/proxy"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8000", "address for clients")
	flag.StringVar(&o.socket, "socket", "", "path for the app")
	flag.StringVar(&o.pprof, "pprof", "", "address of the profiler; none: no profiler")
	flag.DurationVar(&o.ping, "ping-interval", 0, "0: the default")
	flag.Parse()
	if err := run(ctx, o, log); err != nil {
		log.Error("bench/bare", "err", err)
		os.Exit(1)
	}
}

type options struct {
	listen, socket, pprof string
	ping                  time.Duration
}

func run(ctx context.Context, o options, log *slog.Logger) error {
	if o.pprof != "" {
		go func() { log.Error("profiler", "err", http.ListenAndServe(o.pprof, nil)) }()
	}
	poller, err := poll.New(poll.Config{Logger: log})
	if err != nil {
		return err
	}
	var server fasthttp.Server
	proxy.ConfigureServer(&server, log)
	wheel := poll.NewWheel()
	app := link.New(link.Config{Socket: o.socket, Logger: log})
	clients := hub.New(hub.Config{Logger: log}, app)
	app.Bind(clients)
	e := engine.New(engine.Config{
		PingInterval: o.ping,
		Logger:       log,
		Poller:       poller,
		Wheel:        wheel,
		Serve:        func(nc net.Conn) { _ = server.ServeConn(proxy.WrapConn(nc, 0)) },
	}, clients)
	server.Handler = func(ctx *fasthttp.RequestCtx) { e.Handle(ctx, "") }
	if err := app.Listen(); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{poller.Run, wheel.Run, e.Run, app.Run} {
		group.Go(func() error { return part(ctx) })
	}
	group.Go(func() error { return server.Serve(proxy.WrapListener(ln, 0)) })
	group.Go(func() error {
		<-ctx.Done()
		return server.Shutdown()
	})
	return group.Wait()
}
