package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" // only when BENCH_PPROF names an address
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/valyala/fasthttp"

	"realtime/core/poll"
	"realtime/core/proxy"
)

// answerSize is the length of the app's answer.
const answerSize = 1 << 10

// runRole is what this program does when it has started itself again: the app at an address, or
// the proxy, given as listen=app.
func runRole(role, arg string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch role {
	case "app":
		body := bytes.Repeat([]byte("x"), answerSize)
		return serve(ctx, arg, &fasthttp.Server{
			NoDefaultServerHeader: true,
			Handler: func(c *fasthttp.RequestCtx) {
				c.Response.Header.Set("X-Frame-Options", "SAMEORIGIN")
				c.Response.Header.Set("Etag", `W/"0123456789abcdef"`)
				c.Response.Header.Set("Cache-Control", "max-age=0, private, must-revalidate")
				c.Response.Header.Set("X-Request-Id", "7c7c1c2e-0000-4000-8000-000000000000")
				c.SetContentType("text/html; charset=utf-8")
				c.SetBody(body)
			},
		}, func(ln net.Listener) net.Listener { return ln })
	case "proxy":
		listen, app, _ := strings.Cut(arg, "=")
		return runProxy(ctx, listen, app)
	}
	return fmt.Errorf("no role %q", role)
}

// runProxy serves the proxy as the server does, and nothing else.
func runProxy(ctx context.Context, listen, app string) error {
	if addr := os.Getenv("BENCH_PPROF"); addr != "" {
		go func() { _ = http.ListenAndServe(addr, nil) }()
	}
	poller, err := poll.New(poll.Config{})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	p, err := proxy.New(proxy.Config{
		Upstreams: []string{"http://" + app},
		Watcher:   proxy.PollWatcher{Poller: poller},
		Logger:    log,
	})
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- poller.Run(ctx) }()
	go func() { ended <- p.Run(ctx) }()
	s := &fasthttp.Server{Handler: p.Handle, ExpectHandler: p.Expect}
	proxy.ConfigureServer(s, log)
	err = serve(ctx, listen, s, func(ln net.Listener) net.Listener { return proxy.WrapListener(ln, 0) })
	<-ended
	<-ended
	return err
}

// serve runs s until ctx ends.
func serve(ctx context.Context, addr string, s *fasthttp.Server, wrap func(net.Listener) net.Listener) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = ln.Close() })
	if err := s.Serve(wrap(ln)); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
