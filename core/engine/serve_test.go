package engine_test

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/engine"
	"realtime/core/poll"
	"realtime/core/proxy"
)

// house is an engine behind a real HTTP server on a loopback port.
type house struct {
	t      testing.TB
	engine *engine.Server
	floor  engine.Handler
	url    string // "127.0.0.1:port"
	stop   func()
}

// open starts an engine. What is not in cfg gets timings that suit a test.
func open(t testing.TB, cfg engine.Config, handler engine.Handler) *house {
	t.Helper()
	poller, err := poll.New(poll.Config{})
	if err != nil {
		t.Fatal(err)
	}
	wheel := poll.NewWheel()
	cfg.Poller, cfg.Wheel = poller, wheel
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	var server fasthttp.Server
	proxy.ConfigureServer(&server, cfg.Logger)
	cfg.Serve = func(nc net.Conn) { _ = server.ServeConn(proxy.WrapConn(nc, 0)) }
	e := engine.New(cfg, handler)
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		defer proxy.CloseUnread(ctx)
		path, _, _ := strings.Cut(string(ctx.Request.Header.RequestURI()), "?")
		e.Handle(ctx, strings.TrimPrefix(path, "/engine.io/"))
	}

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = poller.Run(ctx) })
	running.Go(func() { _ = wheel.Run(ctx) })
	running.Go(func() { _ = e.Run(ctx) })
	running.Go(func() { _ = server.Serve(proxy.WrapListener(ln, 0)) })
	h := &house{t: t, engine: e, floor: handler, url: ln.Addr().String()}
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			limit, done := context.WithTimeout(context.Background(), time.Minute)
			defer done()
			if err := e.Shutdown(limit, 0); err != nil {
				t.Errorf("shutdown: %v, %d sessions are left", err, e.Count())
			}
			_ = server.ShutdownWithContext(limit)
			cancel()
			running.Wait()
		})
	}
	t.Cleanup(h.stop)
	return h
}

// echo answers every message with the same, as the protocol suite wants it.
type echo struct{ ended chan string }

func newEcho() *echo { return &echo{ended: make(chan string, 64)} }

func (e *echo) Open(s *engine.Session) engine.Client { return &echoClient{e, s} }

type echoClient struct {
	echo    *echo
	session *engine.Session
}

func (c *echoClient) Receive(data []byte, binary bool) (engine.Flow, error) {
	c.session.Send(engine.NewBare(c.session.Dialect(), data, binary), false)
	return engine.Continue, nil
}

func (c *echoClient) Closed(r engine.Reason, _ string) { c.echo.ended <- r.String() }

// handlerFunc and clientFunc make a floor above out of functions.
type handlerFunc func(s *engine.Session) engine.Client

func (f handlerFunc) Open(s *engine.Session) engine.Client { return f(s) }

type clientFunc struct {
	receive func(data []byte, binary bool) engine.Flow
	closed  func(r engine.Reason)
}

func (c clientFunc) Receive(data []byte, binary bool) (engine.Flow, error) {
	return c.receive(data, binary), nil
}

func (c clientFunc) Closed(r engine.Reason, _ string) { c.closed(r) }

// until waits for what another goroutine does, untilNot for its end.
func until(condition func() bool) {
	for !condition() {
		runtime.Gosched()
	}
}

func untilNot(condition func() bool) { until(func() bool { return !condition() }) }
