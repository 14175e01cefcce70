package proxy

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lastWordsTimeout is how long a failed write waits for the answer that may explain it.
const lastWordsTimeout = time.Second

var errStale = errors.New("app closed the connection before the request was sent")

// upstreamConn is a connection to the app that knows two things net/http's Transport does not.
//
// Whether anything of a request was sent. An app may close an idle connection at any moment, and
// the Transport notices on another goroutine, perhaps too late; then it resends only what is
// harmless to execute twice. So the first write of a request looks whether the app has hung up, and
// if nothing was written the request can go to another connection, whatever its method.
//
// Why a write fails. An app that refuses a body (413) answers and closes without reading on; the
// Transport would see the failed write first and throw the connection away with the answer unread.
// So a write that fails returns only when the reading side has come to its end.
type upstreamConn struct {
	net.Conn
	raw  syscall.RawConn // nil when there is no descriptor to look at
	peek func(fd uintptr)
	dead bool // peek's result

	sent atomic.Int64 // bytes since begin

	readEnd   sync.Once
	readEnded chan struct{}
}

func newUpstreamConn(nc net.Conn) *upstreamConn {
	c := &upstreamConn{Conn: nc, readEnded: make(chan struct{})}
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			c.raw = raw
		}
	}
	c.peek = func(fd uintptr) {
		var b [1]byte
		_, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		// Nothing to read is what is expected of a connection without a request. An end, an error, or
		// an answer to nothing are not.
		c.dead = !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	}
	return c
}

// begin is called when a request has got this connection and before its first write.
func (c *upstreamConn) begin() { c.sent.Store(0) }

func (c *upstreamConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.endRead()
	}
	return n, err
}

func (c *upstreamConn) Write(b []byte) (int, error) {
	if c.sent.Load() == 0 && c.stale() {
		return 0, errStale
	}
	n, err := c.Conn.Write(b)
	c.sent.Add(int64(n))
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

// stale looks at the socket without waiting and without the lock a waiting read holds.
func (c *upstreamConn) stale() bool {
	if c.raw == nil {
		return false
	}
	return c.raw.Control(c.peek) != nil || c.dead
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
