package server

import (
	"context"
	"net"
	"sync"

	"github.com/valyala/fasthttp"

	"realtime/core/shut"
)

// connections are the HTTP connections that fasthttp holds: at work on a request or idle after one, but
// not parked ones, WebSockets or tunnels. fasthttp can wait for them, but not end those that take too
// long.
//
// Concurrency: all methods may be called from any goroutine.
type connections struct {
	mu      sync.Mutex
	open    map[net.Conn]struct{}
	cutting bool
	empty   chan struct{} // closed when none is left; made by who waits
}

// note is fasthttp's ConnState hook.
func (c *connections) note(nc net.Conn, state fasthttp.ConnState) {
	c.mu.Lock()
	cut := c.cutting && state == fasthttp.StateActive
	c.record(nc, state)
	c.mu.Unlock()
	if cut {
		shut.Both(nc)
	}
}

// record keeps the register. The caller holds c.mu.
func (c *connections) record(nc net.Conn, state fasthttp.ConnState) {
	switch state {
	case fasthttp.StateActive:
		if c.open == nil {
			c.open = make(map[net.Conn]struct{})
		}
		c.open[nc] = struct{}{}
	case fasthttp.StateHijacked, fasthttp.StateClosed:
		delete(c.open, nc)
		if len(c.open) == 0 && c.empty != nil {
			close(c.empty)
			c.empty = nil
		}
	}
}

// cut ends all connections, and those that still come, by taking both directions from them: their
// handlers notice at once and end by themselves.
func (c *connections) cut() (n int) {
	c.mu.Lock()
	c.cutting = true
	list := make([]net.Conn, 0, len(c.open))
	for nc := range c.open {
		list = append(list, nc)
	}
	c.mu.Unlock()
	for _, nc := range list {
		shut.Both(nc)
	}
	return len(list)
}

// cutSilent ends those on which nothing has come yet. fasthttp takes them for ones at work, but they may stay
// so for long: browsers connect ahead.
func (c *connections) cutSilent() {
	c.mu.Lock()
	var list []net.Conn
	for nc := range c.open {
		if silent(nc) {
			list = append(list, nc)
		}
	}
	c.mu.Unlock()
	for _, nc := range list {
		shut.Both(nc)
	}
}

// silent reports whether nothing has come on a connection of one of our ports.
func silent(nc net.Conn) bool {
	for {
		switch c := nc.(type) {
		case *policyConn:
			return !c.looked.Load()
		case interface{ NetConn() net.Conn }:
			nc = c.NetConn()
		default:
			return false
		}
	}
}

// wait returns when no connection is open, or ctx ends.
func (c *connections) wait(ctx context.Context) {
	c.mu.Lock()
	if len(c.open) == 0 {
		c.mu.Unlock()
		return
	}
	if c.empty == nil {
		c.empty = make(chan struct{})
	}
	empty := c.empty
	c.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
