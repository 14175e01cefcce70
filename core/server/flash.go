package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"realtime/core/protocol/socketio1"
)

// Flash players open a socket only where they were told that they may: by the port itself, as the first
// thing on a connection of its own, or by a port that is there for nothing else. What is granted are sockets:
// no cookie goes with them, and what is said on them is judged by its origin like anything else. So every page
// is granted every port, as socket.io 0.9 does; a server behind balancers does not know by which names
// and ports it is reached.

// flashPolicy is the answer. It never changes.
var flashPolicy = socketio1.AppendFlashPolicy(nil, []socketio1.FlashGrant{{Domain: "*"}})

// policyListener answers the players among those who connect to a port for HTTP. Everybody else costs one
// look at the first byte they send.
type policyListener struct{ net.Listener }

// Accept implements net.Listener.
func (l policyListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &policyConn{Conn: nc}, nil
}

// policyConn is a connection of which nothing may have been read.
type policyConn struct {
	net.Conn
	looked atomic.Bool // at the first byte
}

// NetConn is the connection below, for parking and watching.
func (c *policyConn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends what the client reads.
func (c *policyConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// Read implements net.Conn. A player that has its answer looks like a client that left without a word.
func (c *policyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n == 0 || c.looked.Load() {
		return n, err
	}
	c.looked.Store(true)
	if b[0] != socketio1.FlashPolicyRequest[0] || len(b) < len(socketio1.FlashPolicyRequest) {
		return n, err
	}
	return c.answer(b, n)
}

// answer goes on with a connection whose first n bytes, which are in b, begin like a player's.
func (c *policyConn) answer(b []byte, n int) (int, error) {
	const request = socketio1.FlashPolicyRequest
	for n < len(request) && string(b[:n]) == request[:n] {
		m, err := c.Conn.Read(b[n:len(request)])
		n += m
		if err != nil {
			return n, err
		}
	}
	if string(b[:n]) != request {
		return n, nil
	}
	if _, err := c.Conn.Write(flashPolicy); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

const (
	// maxPolicyClients is how many players may be told at once on the port that is there for them; more
	// are closed without an answer, and ask elsewhere.
	maxPolicyClients = 64

	// policyPatience is how long one may take to read its answer.
	policyPatience = 2 * time.Second
)

// servePolicy answers everybody who connects, whatever they say, until the listener is closed. It returns
// when the last one is served.
func servePolicy(ln net.Listener) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	places := make(chan struct{}, maxPolicyClients)
	for {
		nc, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("server: accept at %s: %w", ln.Addr(), err)
		}
		select {
		case places <- struct{}{}:
			clients.Go(func() {
				tellPolicy(nc)
				<-places
			})
		default:
			_ = nc.Close()
		}
	}
}

// tellPolicy answers one player. A connection that is closed on unread bytes is reset, and the answer
// might be lost, so what the player asks is read.
func tellPolicy(nc net.Conn) {
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(policyPatience))
	if _, err := nc.Write(flashPolicy); err != nil {
		return
	}
	if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, nc, 1024)
	}
}
