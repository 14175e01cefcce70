package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"

	"realtime/core/engine"
	"realtime/core/hub"
	"realtime/core/link"
	"realtime/core/poll"
	"realtime/core/proxy"
	"realtime/core/proxy/forwarded"
	"realtime/core/server/clientjs"
)

// Server is a whole sidecar: the ports, the floors, and their end.
//
// Concurrency: all methods may be called from any goroutine; Run once.
type Server struct {
	options Options
	log     *slog.Logger

	clients   clientjs.Library
	companion clientjs.Companion

	poller *poll.Poller
	wheel  *poll.Wheel
	engine *engine.Server
	hub    *hub.Hub
	link   *link.Link
	proxy  *proxy.Proxy // nil without an upstream
	http   fasthttp.Server
	health fasthttp.Server

	connections connections
	ready       atomic.Bool

	stop chan time.Duration // budgets of Stop

	listening chan struct{} // closed when the fields below are set
	ports     []net.Listener
	healthOn  net.Listener // nil without health_listen
	policyOn  net.Listener // nil without flash_policy_listen
}

// New makes a server with options that [Load] or [Defaults] made. It starts and opens nothing; log nil
// is slog.Default. The error names everything that is wrong.
func New(o Options, log *slog.Logger) (*Server, error) {
	if log == nil {
		log = slog.Default()
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	for _, doubt := range o.doubts {
		log.Warn(doubt)
	}
	trusted, err := networks(o.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("server: trusted_proxies: %w", err)
	}
	tokens, err := o.tokens()
	if err != nil {
		return nil, err
	}
	s := &Server{
		options:   o,
		log:       log,
		clients:   clientjs.Official(),
		companion: clientjs.NewCompanion(o.Path),
		wheel:     poll.NewWheel(),
		stop:      make(chan time.Duration, 1), // the first one counts
		listening: make(chan struct{}),
	}
	s.poller, err = poll.New(poll.Config{Logger: log, OnPanic: s.connectionPanicked})
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if err := s.buildProxy(trusted); err != nil {
		s.Discard()
		return nil, err
	}

	linkConfig := o.linkConfig(log)
	linkConfig.Tokens = tokens
	linkConfig.WaitBacklog = func(ctx context.Context) { s.engine.WaitBacklog(ctx) }
	s.link = link.New(linkConfig)
	s.hub = hub.New(o.hubConfig(log), s.link)
	s.link.Bind(s.hub)

	engineConfig := o.engineConfig(log)
	engineConfig.Forwarded = &forwarded.Policy{Trusted: trusted, Logger: log}
	engineConfig.Poller, engineConfig.Wheel = s.poller, s.wheel
	engineConfig.Serve = s.serveAgain
	s.engine = engine.New(engineConfig, s.hub)

	s.buildHTTP()
	return s, nil
}

// Listening is closed when all ports are open: from then on nothing that Run was told can be wrong with
// them, and [Server.Addr] knows them.
func (s *Server) Listening() <-chan struct{} { return s.listening }

// Addr returns where clients may connect, in the order of the option listen; nil before Listening.
func (s *Server) Addr() []net.Addr {
	select {
	case <-s.listening:
	default:
		return nil
	}
	addrs := make([]net.Addr, len(s.ports))
	for i, ln := range s.ports {
		addrs[i] = ln.Addr()
	}
	return addrs
}

// Announce logs where clients may connect, with more beside each address. The server must listen.
func (s *Server) Announce(more ...any) {
	for _, address := range s.Addr() {
		s.log.Info("listening", append([]any{"address", address.String()}, more...)...)
	}
}

// HealthAddr returns where health is told; nil before Listening, or without health_listen.
func (s *Server) HealthAddr() net.Addr {
	select {
	case <-s.listening:
	default:
		return nil
	}
	if s.healthOn == nil {
		return nil
	}
	return s.healthOn.Addr()
}

// FlashPolicyAddr returns where Flash players are told that they may connect; nil before Listening, or
// without flash_policy_listen.
func (s *Server) FlashPolicyAddr() net.Addr {
	select {
	case <-s.listening:
	default:
		return nil
	}
	if s.policyOn == nil {
		return nil
	}
	return s.policyOn.Addr()
}

// Run opens the ports and serves until ctx ends, then stops in the order of shutdown.go and returns nil.
// It returns when everything it started has stopped.
//
// Errors: what kept a port from being opened; what made a floor give up, after the same orderly end.
func (s *Server) Run(ctx context.Context) error {
	if err := s.listen(); err != nil {
		s.Discard()
		return err
	}
	group, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	floors := s.start(group, context.WithoutCancel(ctx))
	s.ready.Store(true)
	close(s.listening)
	end := ending{delay: s.options.DrainDelay, spread: s.options.DrainSpread, budget: s.options.ShutdownTimeout}
	select {
	case <-ctx.Done():
	case <-failed.Done():
	case budget := <-s.stop:
		end = ending{spread: min(end.spread, budget/4), budget: budget}
	}
	s.shutDown(context.WithoutCancel(ctx), floors, end)
	return group.Wait()
}

// Stop makes Run end as the end of its context does, but all of it within budget: there is no
// drain_delay, and drain_spread is at most a quarter of it. It returns at once; only the first call counts.
func (s *Server) Stop(budget time.Duration) {
	select {
	case s.stop <- budget:
	default:
	}
}

// Discard gives back what New opened, of a Server that is never run.
func (s *Server) Discard() { s.poller.Close() }

// TakeApp serves a connection of the app that came another way than through the socket: it is the app
// link's, and closed by the server. It reports whether the connection was wanted: while the server runs, and
// not beyond max_workers.
func (s *Server) TakeApp(nc net.Conn) bool { return s.link.Take(nc) }

// floor is one part that is running.
type floor struct {
	cancel  context.CancelFunc
	stopped chan struct{}
}

// stop ends the floor and waits until it has stopped.
func (f floor) stop() {
	if f.cancel == nil {
		return
	}
	f.cancel()
	<-f.stopped
}

// floors are the running parts, each of which ends at its own time.
type floors struct{ wheel, poller, engine, link, proxy floor }

// start lets everything work. The contexts of the floors do not end with Run's: the order does that.
func (s *Server) start(group *errgroup.Group, ctx context.Context) floors {
	run := func(name string, work func(context.Context) error) floor {
		ctx, cancel := context.WithCancel(ctx)
		f := floor{cancel: cancel, stopped: make(chan struct{})}
		group.Go(func() error {
			defer close(f.stopped)
			err := work(ctx)
			switch {
			case err != nil:
				return fmt.Errorf("server: %s: %w", name, err)
			case ctx.Err() == nil:
				return fmt.Errorf("server: %s stopped by itself", name)
			}
			return nil
		})
		return f
	}
	f := floors{
		wheel:  run("timers", s.wheel.Run),
		poller: run("poller", s.poller.Run),
		engine: run("engine", s.engine.Run),
		link:   run("app link", s.link.Run),
	}
	if s.proxy != nil {
		f.proxy = run("proxy", s.proxy.Run)
	}
	for _, ln := range s.ports {
		group.Go(func() error { return serve(&s.http, ln) })
	}
	if s.healthOn != nil {
		group.Go(func() error { return serve(&s.health, s.healthOn) })
	}
	if s.policyOn != nil {
		group.Go(func() error { return servePolicy(s.policyOn) })
	}
	return f
}

// serve accepts connections until the listener is closed.
func serve(h *fasthttp.Server, ln net.Listener) error {
	if err := h.Serve(ln); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("server: accept at %s: %w", ln.Addr(), err)
	}
	return nil
}

// buildProxy makes the proxy, if there is anything to pass requests to.
func (s *Server) buildProxy(trusted []netip.Prefix) (err error) {
	if len(s.options.Upstream) == 0 {
		return nil
	}
	cfg := s.options.proxyConfig(s.log)
	cfg.TrustedProxies = trusted
	cfg.Watcher = proxy.PollWatcher{Poller: s.poller}
	s.proxy, err = proxy.New(cfg)
	return err
}

// buildHTTP sets up fasthttp for the clients and for health.
func (s *Server) buildHTTP() {
	proxy.ConfigureServer(&s.http, s.log)
	s.http.Handler = s.handle
	s.http.ConnState = s.connections.note
	if s.proxy != nil {
		s.http.ExpectHandler = s.proxy.Expect
	}
	proxy.ConfigureServer(&s.health, s.log)
	s.health.Handler = s.handleHealth
	s.health.KeepHijackedConns = false
}

// serveAgain takes back an HTTP connection that the engine had parked.
func (s *Server) serveAgain(nc net.Conn) {
	// What can go wrong concerns this connection alone, and its client notices.
	_ = s.http.ServeConn(proxy.WrapConn(nc, s.options.WriteTimeout))
}

// connectionPanicked ends a parked connection whose handler panicked.
func (s *Server) connectionPanicked(c *poll.Conn, value any) {
	s.log.Error("panic on a parked connection, which is closed", "panic", value, "stack", string(debug.Stack()))
	_ = c.Close()
}
