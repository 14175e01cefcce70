package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// unreachableError says that no upstream accepted a connection, so nothing of the request was sent.
type unreachableError struct{ cause error }

func (e *unreachableError) Error() string { return fmt.Sprintf("app is not reachable: %v", e.cause) }
func (e *unreachableError) Unwrap() error { return e.cause }

// upstreams dials the app.
type upstreams struct {
	addrs  []address
	dialer net.Dialer
}

// dial tries every address in turn. The error is an *unreachableError.
func (u *upstreams) dial(ctx context.Context) (net.Conn, error) {
	var errs []error
	for _, a := range u.addrs {
		nc, err := u.dialer.DialContext(ctx, a.network, a.addr)
		if err == nil {
			return &upstreamConn{Conn: nc, readEnded: make(chan struct{})}, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &unreachableError{errors.Join(errs...)}
}

// lastWordsTimeout is how long a failed write waits for the answer that may explain it.
const lastWordsTimeout = time.Second

// upstreamConn keeps a failing upload from hiding its answer. An app that refuses a body (413)
// answers and closes without reading on; net/http's Transport would see the failed write first and
// throw the connection away with the answer unread. So a write that fails returns only when the
// reading side has come to its end.
type upstreamConn struct {
	net.Conn
	readEnd   sync.Once
	readEnded chan struct{}
}

func (c *upstreamConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.endRead()
	}
	return n, err
}

func (c *upstreamConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err != nil {
		grace := time.NewTimer(lastWordsTimeout)
		defer grace.Stop()
		select {
		case <-c.readEnded:
		case <-grace.C:
		}
	}
	return n, err
}

func (c *upstreamConn) Close() error {
	c.endRead()
	return c.Conn.Close()
}

// CloseWrite ends what the app reads; TCP and Unix connections both can.
func (c *upstreamConn) CloseWrite() error { return closeWrite(c.Conn) }

// NetConn returns the connection itself.
func (c *upstreamConn) NetConn() net.Conn { return c.Conn }

func (c *upstreamConn) endRead() { c.readEnd.Do(func() { close(c.readEnded) }) }

// closeWrite ends the writing half of a connection, of a whole one if it has no halves.
func closeWrite(nc net.Conn) error {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nc.Close()
}
