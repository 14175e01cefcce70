package poll

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// MaxBuffers is how many buffers one system call writes. Source: IOV_MAX of Linux and the BSDs.
const MaxBuffers = 1024

type opKind uint8

const (
	opRead opKind = iota + 1
	opWrite
	opWritev
	opPeek
)

func (k opKind) String() string {
	switch k {
	case opRead, opPeek:
		return "read"
	default:
		return "write"
	}
}

// transfer is one system call on a socket. RawConn.Control wants a function; a literal would be
// allocated for each call, so transfers are pooled and keep the function they were made with.
type transfer struct {
	kind opKind
	buf  []byte
	bufs [][]byte
	n    int
	err  error
	run  func(fd uintptr) // t.call, bound once

	peeked [1]byte
	vec    vector
}

var transfers = sync.Pool{New: func() any {
	t := &transfer{}
	t.run = t.call
	return t
}}

// transfer runs one system call while the descriptor is held open. Control is used instead of
// RawConn.Read and RawConn.Write: it holds the descriptor as they do, but takes neither their lock,
// which a waiting goroutine may keep, nor notice of deadlines.
func (c *Conn) transfer(kind opKind, buf []byte, bufs [][]byte) (int, error) {
	t := transfers.Get().(*transfer)
	t.kind, t.buf, t.bufs, t.n, t.err = kind, buf, bufs, 0, nil
	err := c.raw.Control(t.run)
	n := t.n
	if err == nil {
		err = t.err
	}
	t.buf, t.bufs, t.err = nil, nil, nil
	transfers.Put(t)
	if err != nil {
		return n, c.failure(kind, err)
	}
	return n, nil
}

func (t *transfer) call(fd uintptr) {
	for {
		switch t.kind {
		case opRead:
			t.n, t.err = unix.Read(int(fd), t.buf)
		case opPeek:
			t.n, t.err = peek(int(fd), &t.peeked)
		case opWrite:
			t.n, t.err = unix.Write(int(fd), t.buf)
		case opWritev:
			t.n, t.err = t.vec.write(int(fd), t.bufs)
		}
		if t.err != unix.EINTR {
			break
		}
	}
	t.n = max(t.n, 0)
}

// failure is the error a caller sees. The kernel's own are Errno as they come, never wrapped.
func (c *Conn) failure(kind opKind, err error) error {
	number, ok := err.(syscall.Errno)
	switch {
	case number == unix.EAGAIN:
		return ErrWouldBlock
	case errors.Is(err, net.ErrClosed):
		return ErrClosed
	case !ok:
		return err
	}
	return &net.OpError{
		Op: kind.String(), Net: c.nc.LocalAddr().Network(),
		Source: c.nc.LocalAddr(), Addr: c.nc.RemoteAddr(),
		Err: os.NewSyscallError(kind.String(), number),
	}
}
