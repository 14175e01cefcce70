// Command posts is the server with HTTP in the place of the app link, as other products have it: the app emits
// by a POST, and is told of each event by another. It is there to be compared with, so it does what such a
// server must and nothing else.
//
//	posts -listen 127.0.0.1:8000 -emit 127.0.0.1:8001 -app http://127.0.0.1:9000/
//
// POST /emit takes {"room", "event", "args"}. The app is sent {"event", "args"} and answers with the arguments
// of the acknowledgement, a JSON array. Connections are kept alive on both ways. Everybody is let in, and in
// the room "all".
package main

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"realtime/core/engine"
	"realtime/core/hub"
	"realtime/core/poll"
	"realtime/core/proxy"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8000", "address for clients")
	flag.StringVar(&o.emit, "emit", "127.0.0.1:8001", "address for the app's emits")
	flag.StringVar(&o.app, "app", "http://127.0.0.1:9000/", "URL that is told of events")
	flag.Parse()
	if err := run(ctx, o, log); err != nil {
		log.Error("bench/posts", "err", err)
		os.Exit(1)
	}
}

type options struct{ listen, emit, app string }

func run(ctx context.Context, o options, log *slog.Logger) error {
	poller, err := poll.New(poll.Config{Logger: log})
	if err != nil {
		return err
	}
	var server fasthttp.Server
	proxy.ConfigureServer(&server, log)
	wheel := poll.NewWheel()
	posts := newApp(o.app, log)
	clients := hub.New(hub.Config{Logger: log}, posts)
	e := engine.New(engine.Config{
		Logger: log,
		Poller: poller,
		Wheel:  wheel,
		Serve:  func(nc net.Conn) { _ = server.ServeConn(proxy.WrapConn(nc, 0)) },
	}, clients)
	server.Handler = func(ctx *fasthttp.RequestCtx) { e.Handle(ctx, "") }
	emits := fasthttp.Server{Handler: emitter{clients}.handle}
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{poller.Run, wheel.Run, e.Run} {
		group.Go(func() error { return part(ctx) })
	}
	if err := listen(ctx, group, &emits, o.emit, func(ln net.Listener) net.Listener { return ln }); err != nil {
		return err
	}
	// The last, since that it listens means that all is ready.
	if err := listen(ctx, group, &server, o.listen, func(ln net.Listener) net.Listener { return proxy.WrapListener(ln, 0) }); err != nil {
		return err
	}
	return group.Wait()
}

// listen serves at an address until ctx ends.
func listen(ctx context.Context, group *errgroup.Group, server *fasthttp.Server, address string, wrap func(net.Listener) net.Listener) error {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	group.Go(func() error { return server.Serve(wrap(ln)) })
	group.Go(func() error {
		<-ctx.Done()
		return server.Shutdown()
	})
	return nil
}
