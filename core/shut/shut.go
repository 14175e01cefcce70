// Package shut closes sockets so that their peers notice, whoever else holds a copy.
//
// close(2) ends a socket only with its last descriptor. When the server lives in a process that forks, as
// the shared library does, children hold copies of everything that was open, and without more a client
// would wait for the end of the last child, and a port stay taken. shutdown(2) ends the socket itself.
package shut

import (
	"fmt"
	"net"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// Both ends both directions of a connection and leaves the descriptor to its owner. It looks through
// wrappers that have a NetConn. Errors mean that the connection has ended already.
func Both(nc net.Conn) {
	for {
		inner, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		nc = inner.NetConn()
	}
	if s, ok := nc.(interface {
		CloseRead() error
		CloseWrite() error
	}); ok {
		_ = s.CloseRead()
		_ = s.CloseWrite()
	}
}

// Conn returns nc with a Close that shuts it first. Other than TCP and Unix connections it leaves as they
// are. The value is as large as the pointer in it, so that an idle connection costs nothing more.
func Conn(nc net.Conn) net.Conn {
	switch c := nc.(type) {
	case *net.TCPConn:
		return tcpConn{c}
	case *net.UnixConn:
		return unixConn{c}
	}
	return nc
}

type tcpConn struct{ *net.TCPConn }

// Close implements net.Conn.
func (c tcpConn) Close() error {
	Both(c.TCPConn)
	return c.TCPConn.Close()
}

type unixConn struct{ *net.UnixConn }

// Close implements net.Conn.
func (c unixConn) Close() error {
	Both(c.UnixConn)
	return c.UnixConn.Close()
}

// Listener returns ln with connections as [Conn] makes them, if conns says so, and with a Close after
// which nobody can connect, and the port or the path may be opened anew.
func Listener(ln net.Listener, conns bool) net.Listener {
	return &listener{Listener: ln, conns: conns}
}

type listener struct {
	net.Listener
	conns  bool
	closed atomic.Bool
}

// Accept implements net.Listener; after Close the error is net.ErrClosed.
func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	switch {
	case err != nil && l.closed.Load():
		return nil, net.ErrClosed // shutdown makes it EINVAL
	case err != nil || !l.conns:
		return nc, err
	}
	return Conn(nc), nil
}

// Close implements net.Listener.
func (l *listener) Close() error {
	if l.closed.Swap(true) {
		return net.ErrClosed
	}
	if sc, ok := l.Listener.(syscall.Conn); ok {
		raw, err := sc.SyscallConn()
		if err == nil {
			// Not every system can shut a listener down. Then it ends with its last copy.
			err = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
		}
		if err != nil {
			return fmt.Errorf("shut: %w", err)
		}
	}
	return l.Listener.Close()
}
