package proxy

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// lingerTimeout is how long a connection that is closed with unread request bytes goes on reading
// them. Closing at once would make the kernel send a reset, which can overtake the answer and take
// it from the client (RFC 9112 9.6).
const lingerTimeout = 2 * time.Second

// WrapListener returns ln with every accepted connection wrapped by WrapConn.
func WrapListener(ln net.Listener, writeTimeout time.Duration) net.Listener {
	return &listener{Listener: ln, writeTimeout: writeTimeout}
}

type listener struct {
	net.Listener
	writeTimeout time.Duration
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return WrapConn(nc, l.writeTimeout), nil
}

// WrapConn returns nc as Handle likes it: every write has its own deadline, so that a long download
// lives and a client that stopped reading does not; and a close with unread request bytes lingers.
// A raw connection that is served again after it was parked must be wrapped again. TLS goes outside.
//
// writeTimeout 0 means DefaultWriteTimeout.
func WrapConn(nc net.Conn, writeTimeout time.Duration) *Conn {
	if writeTimeout == 0 {
		writeTimeout = DefaultWriteTimeout
	}
	return &Conn{Conn: nc, writeTimeout: writeTimeout}
}

// Conn is a client's connection. Reading, writing and closing may be done from different goroutines,
// but by one reader and one writer at a time.
type Conn struct {
	net.Conn
	writeTimeout time.Duration
	writeUntil   time.Time // the write deadline that is set; the writer's

	phase   atomic.Uint32 // a phase; reader and writer meet here when an early answer overtakes a body
	request uint64        // fasthttp's number of the last proxied request; the handler's

	linger  atomic.Bool
	kept    atomic.Bool
	abandon atomic.Pointer[func()]
}

// A phase is what happened since the last proxied request ended; see Conn.nothingBuffered.
const (
	answering uint32 = iota // the handler has returned
	written                 // something of the answer was written
	readAgain               // and after that, something was read
)

// NetConn returns the connection below, for parking and watching.
func (c *Conn) NetConn() net.Conn { return c.Conn }

func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.phase.CompareAndSwap(written, readAgain)
	}
	return n, err
}

func (c *Conn) Write(b []byte) (int, error) {
	c.phase.Store(written)
	// A deadline costs a timer operation, so one that has most of its time left is kept.
	if now := time.Now(); c.writeUntil.Sub(now) < c.writeTimeout*3/4 {
		c.writeUntil = now.Add(c.writeTimeout)
		if err := c.Conn.SetWriteDeadline(c.writeUntil); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(b)
}

// SetDeadline also forgets the write deadline in force.
func (c *Conn) SetDeadline(t time.Time) error {
	c.writeUntil = t
	return c.Conn.SetDeadline(t)
}

// SetWriteDeadline also forgets the write deadline in force.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writeUntil = t
	return c.Conn.SetWriteDeadline(t)
}

// CloseWrite ends what the client reads.
func (c *Conn) CloseWrite() error { return closeWrite(c.Conn) }

// Keep is for a hijack handler that returns while the connection lives on: fasthttp closes the
// connection after such a handler, and that one call of Close is then without effect.
//
// fasthttp's own way to the same end, KeepHijackedConns, costs more: it gives up the request's read
// buffer with each hijacked connection, which for long-polling is with each poll.
func (c *Conn) Keep() { c.kept.Store(true) }

// Close closes the connection, after lingering if request bytes are unread.
func (c *Conn) Close() error {
	if c.kept.CompareAndSwap(true, false) {
		return nil
	}
	if f := c.abandon.Swap(nil); f != nil {
		(*f)()
	}
	if c.linger.Load() && closeWrite(c.Conn) == nil && c.Conn.SetReadDeadline(time.Now().Add(lingerTimeout)) == nil {
		_, _ = io.Copy(io.Discard, struct{ io.Reader }{c.Conn}) // ends at EOF or the deadline: both fine
	}
	return c.Conn.Close()
}

// nothingBuffered reports whether fasthttp holds no unwritten answer for this connection, so that
// bytes written here cannot overtake one. It keeps the answer to a pipelined request back while the
// next request is already in its reader, and tells nobody.
//
// The first request is safe. A later one is, if after the previous handler something was written and
// after that something was read: fasthttp flushes before it reads the next head. The caller must not
// have a request body, whose reading would look the same.
func (c *Conn) nothingBuffered(request uint64) bool {
	return request == 1 || (c.phase.Load() == readAgain && c.request == request-1)
}

func (c *Conn) requestEnded(request uint64) {
	c.phase.Store(answering)
	c.request = request
}

// wrapped returns the Conn in a chain of connections, or nil.
func wrapped(nc net.Conn) *Conn {
	for {
		if c, ok := nc.(*Conn); ok {
			return c
		}
		inner, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		nc = inner.NetConn()
	}
}

// bare returns the connection at the end of a chain.
func bare(nc net.Conn) net.Conn {
	for {
		inner, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			return nc
		}
		nc = inner.NetConn()
	}
}
