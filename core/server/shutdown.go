package server

import (
	"context"
	"errors"
	"time"
)

const (
	// cutPatience is how long handlers may take to notice that their connection was cut.
	cutPatience = time.Second

	// silentPatience is how long who connected just before the ports closed has for the first byte of a
	// request: longer than it is under way.
	silentPatience = time.Second
)

// ending is how Run ends: how long it goes on as if nothing was, over how long sessions are closed, and
// how long all after the delay may take.
type ending struct{ delay, spread, budget time.Duration }

// shutDown ends everything in an order in which nobody is left without who serves him:
//
//  1. Health says not ready, for drain_delay: a balancer sends no more clients. All goes on as before.
//  2. The ports close. Requests under way are finished, but not beyond half of shutdown_timeout: what
//     is left then (a stream without an end, a stuck app) is cut. The app's own WebSockets end.
//  3. Sessions are closed, over drain_spread, with "server shutting down". What was queued goes out first.
//  4. The app is given the disconnects that follow from 3, and what else waits for it.
//  5. The app link says bye. The cellar comes last: nothing is left that could need it.
//
// The budget is shutdown_timeout, or what Stop says, from the end of 1: what a step does not use is left
// to the next.
// Health is told until the end. Whoever started the app ends it after Run has returned.
func (s *Server) shutDown(ctx context.Context, f floors, e ending) {
	s.ready.Store(false)
	if e.delay > 0 {
		s.log.Info("stopping soon", "drain_delay", e.delay)
		<-time.After(e.delay)
	}
	budget := e.budget
	begin := time.Now()
	until := func(part time.Duration) (context.Context, context.CancelFunc) {
		return context.WithDeadline(ctx, begin.Add(part))
	}
	s.log.Info("stopping", "sessions", s.engine.Count(), "shutdown_timeout", budget)

	s.finishRequests(until, budget)
	f.proxy.stop()

	closing, cancel := until(budget * 3 / 4)
	if err := s.engine.Shutdown(closing, e.spread); err != nil {
		s.log.Warn("not all sessions were closed in time", "left", s.engine.Count(), "shutdown_timeout", budget)
	}
	cancel()
	// The last sessions are reported to the hub by goroutines of the engine, so these are waited for
	// before the app's disconnects are counted. The requests the engine gave back are among them, and
	// clients that keep their connection idle would hold it up.
	s.connections.cut()
	f.engine.stop()
	s.hub.EndParked()

	telling, cancel := until(budget)
	if err := s.link.Flush(telling); err != nil {
		stats := s.link.Stats()
		s.log.Warn("the app has not heard of everything in time", "events", stats.Events,
			"disconnects", stats.Disconnects, "shutdown_timeout", budget)
	}
	cancel()
	f.link.stop()
	f.wheel.stop()
	f.poller.stop()
	s.poller.Close() // clients whose polls were answered may be waiting in it with nothing to ask
	s.closeHealth(ctx)
	s.log.Info("stopped", "after", time.Since(begin).Round(time.Millisecond))
}

// finishRequests closes the ports and returns when the last request is answered, or cut.
func (s *Server) finishRequests(until func(time.Duration) (context.Context, context.CancelFunc), budget time.Duration) {
	part := budget / 2
	for _, ln := range s.ports {
		_ = ln.Close() // fasthttp closes only those that it has begun to serve
	}
	if s.policyOn != nil {
		_ = s.policyOn.Close()
	}
	ctx, cancel := until(part)
	defer cancel()
	defer time.AfterFunc(min(silentPatience, part/2), s.connections.cutSilent).Stop()
	// Another error than this one is about ports, and they are closed already.
	if err := s.http.ShutdownWithContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return
	}
	s.log.Warn("requests were cut: they took too long", "requests", s.connections.cut(), "shutdown_timeout", budget)
	ctx, cancel = until(part + cutPatience)
	defer cancel()
	s.connections.wait(ctx)
}

func (s *Server) closeHealth(ctx context.Context) {
	if s.healthOn == nil {
		return
	}
	_ = s.healthOn.Close()
	ctx, cancel := context.WithTimeout(ctx, cutPatience)
	defer cancel()
	_ = s.health.ShutdownWithContext(ctx) // who still asks is not waited for
}
