package poll

import (
	"fmt"
	"io"
	"net"
	"syscall"
)

// Conn is one parked connection. While it is idle it is all the process holds for its client
// besides the net.Conn: no goroutine, no buffer, no timer.
//
// Concurrency: every method may be called from any goroutine at any time, in the handler too. Two
// reads at once, or two writes at once, are safe but share the stream in no order.
type Conn struct {
	nc net.Conn
	// raw runs each system call inside Control, which holds the descriptor: Close cannot give its
	// number to another connection in the middle of one.
	raw     syscall.RawConn
	handler Handler
	shard   *shard
	queued  *Conn // the pool's queue is threaded through the connections; guarded by pool.mu
	state   state
	watch   watch // what the source of events keeps for this Conn
}

// Arm asks for one call of the handler as soon as one of the events of i, or HangUp, is there. An
// event that is there already, or came while the handler ran, is not lost: the call follows at
// once. When the last Arm was not answered yet, i replaces its interest; a call that has not begun
// by then is for i only.
//
// Readable stays true until a Read has emptied the kernel's buffer, and HangUp for good, so a
// handler that arms without reading on is called again and again.
//
// Errors: ErrClosed; after Run has returned, too, as far as it is noticed.
func (c *Conn) Arm(i Interest) error {
	push, ok := c.state.arm(i)
	if !ok {
		return ErrClosed
	}
	if push {
		c.shard.pool.push(c)
	}
	return c.shard.source.arm(c, i)
}

// Read reads what is there, and never blocks. A Read that did not fill b has emptied the kernel's
// buffer, and the next one returns ErrWouldBlock without a system call until an event came. So does a
// Read between Add and the first call of the handler.
//
// Errors: ErrWouldBlock, io.EOF, ErrClosed, or *net.OpError.
// Source: epoll(7), questions and answers, 9: a short read from a stream exhausts it.
func (c *Conn) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	s := c.state.Load()
	if s&gone != 0 {
		return 0, ErrClosed
	}
	if s&uint32(Readable|HangUp) == 0 {
		return 0, ErrWouldBlock
	}
	// Lowered before the call: bytes that come after it raise the bit again.
	c.state.lower(Readable)
	n, err := c.transfer(opRead, b, nil)
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	case n == len(b):
		c.state.raise(Readable)
	}
	return n, nil
}

// Write writes what the kernel takes, and never blocks. When it took less than all, err is
// ErrWouldBlock; arm for Write and go on with the rest.
//
// Errors: ErrWouldBlock, ErrClosed, or *net.OpError.
func (c *Conn) Write(b []byte) (int, error) {
	if c.state.left() {
		return 0, ErrClosed
	}
	if len(b) == 0 {
		return 0, nil
	}
	n, err := c.transfer(opWrite, b, nil)
	if err == nil && n < len(b) {
		err = ErrWouldBlock
	}
	return n, err
}

// Writev writes the buffers as one stream, as Write does, with one system call for each
// MaxBuffers of them. It neither keeps nor changes bufs.
func (c *Conn) Writev(bufs [][]byte) (int64, error) {
	if c.state.left() {
		return 0, ErrClosed
	}
	var total int64
	for len(bufs) > 0 {
		some := bufs[:min(len(bufs), MaxBuffers)]
		bufs = bufs[len(some):]
		size := 0
		for _, b := range some {
			size += len(b)
		}
		if size == 0 {
			continue
		}
		n, err := c.transfer(opWritev, nil, some)
		total += int64(n)
		if err == nil && n < size {
			err = ErrWouldBlock
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// Pending reports whether bytes are there to be read. It tells a peer that wrote from one that
// left: for the latter it is false. It does not use the bytes up.
func (c *Conn) Pending() bool {
	if c.state.left() {
		return false
	}
	n, err := c.transfer(opPeek, nil, nil)
	return err == nil && n > 0
}

// Release takes the connection out of the poller for good and gives it back, open and with its
// deadlines cleared. It returns nil when Close or Release came first. A call of the handler that
// has begun goes on; no other follows. The Conn is dead: its methods return ErrClosed.
func (c *Conn) Release() net.Conn {
	if !c.state.leave() {
		return nil
	}
	c.shard.source.remove(c)
	return c.nc
}

// Close takes the connection out of the poller and closes it. A call of the handler that has begun
// goes on; no other follows. Only the first of all calls of Close and Release does anything.
func (c *Conn) Close() error {
	if !c.state.leave() {
		return nil
	}
	c.shard.source.discard(c)
	if err := c.nc.Close(); err != nil {
		return fmt.Errorf("poll: close: %w", err)
	}
	return nil
}

// RemoteAddr is the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }
