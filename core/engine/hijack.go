package engine

import (
	"errors"
	"net"
	"os"
	"time"
)

// A hijacked connection is a wrapper around a wrapper around the socket, and its outermost reader may
// hold bytes the client sent behind its request. What is parked is the socket alone, so these bytes
// are taken out first. The wrapper must not be used after the hijack handler has returned: its reader
// belongs to fasthttp again.

// expired is a deadline in the past: reading up to it yields what is buffered and touches no socket.
var expired = time.Unix(1, 0)

// errNotKept is a mistake in how the server was put together: its listeners are not wrapped.
var errNotKept = errors.New("engine: the connection would be closed under us: wrap it with proxy.WrapConn")

// unwrap takes the socket and the bytes that were read ahead out of a hijacked connection.
func unwrap(c net.Conn) (raw net.Conn, ahead []byte, err error) {
	raw, kept := socketOf(c)
	if !kept {
		return raw, nil, errNotKept
	}
	if err := raw.SetReadDeadline(expired); err != nil {
		return raw, nil, err
	}
	var buf [512]byte
	for {
		n, err := c.Read(buf[:])
		ahead = append(ahead, buf[:n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return raw, ahead, raw.SetReadDeadline(time.Time{})
		}
		if err != nil {
			return raw, ahead, err
		}
	}
}

// socketOf is the connection below all wrappers. One of them must be able to keep it open when fasthttp
// closes what it knows of it after the hijack handler.
func socketOf(c net.Conn) (raw net.Conn, kept bool) {
	for {
		if k, ok := c.(interface{ Keep() }); ok {
			k.Keep()
			kept = true
		}
		switch w := c.(type) {
		case interface{ UnsafeConn() net.Conn }: // fasthttp's hijacked connection
			c = w.UnsafeConn()
		case interface{ NetConn() net.Conn }:
			c = w.NetConn()
		default:
			return c, kept
		}
	}
}

// aheadConn is a connection of which some bytes were read already.
type aheadConn struct {
	net.Conn
	ahead []byte
}

// NetConn is the connection below.
func (c *aheadConn) NetConn() net.Conn { return c.Conn }

// Read gives the bytes that were read ahead first.
func (c *aheadConn) Read(b []byte) (int, error) {
	if len(c.ahead) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.ahead)
	c.ahead = c.ahead[n:]
	return n, nil
}
