package proxy

import (
	"net"
	"runtime"
	"syscall"
	"time"

	"realtime/core/poll"
)

// ClientWatcher tells when a client hangs up while nobody reads from its connection.
type ClientWatcher interface {
	// Watch calls gone when the client of nc, a raw TCP or Unix connection, has closed it or its
	// sending half. gone may be called from any goroutine, at most once, and must not block. After
	// stop has returned, nc is free for other uses; gone may still be on its way. If nc cannot be
	// watched, gone is never called. Neither Watch nor stop blocks.
	//
	// nc stays in use meanwhile: bodies are read and written, and its deadlines belong to them.
	Watch(nc net.Conn, gone func()) (stop func())
}

// PollWatcher watches with a poller, on Linux. Elsewhere the poller would read from the connection
// itself, so a client's leaving is noticed at the next write.
type PollWatcher struct{ Poller *poll.Poller }

var _ ClientWatcher = PollWatcher{}

// Watch implements ClientWatcher.
func (w PollWatcher) Watch(nc net.Conn, gone func()) (stop func()) {
	sc, ok := nc.(syscall.Conn)
	if !ok || runtime.GOOS != "linux" {
		return func() {}
	}
	c, err := w.Poller.Add(borrowed{nc, sc}, hangUp(gone))
	if err != nil {
		return func() {}
	}
	_ = c.Arm(0) // fails only after Release
	return func() { c.Release() }
}

// hangUp is a handler that passes on one event.
type hangUp func()

func (gone hangUp) Ready(e poll.Event) {
	if e&poll.HangUp != 0 {
		gone()
	}
}

// borrowed is a connection lent to the poller, which clears the deadlines of what it owns. These are
// still in force for whoever reads or writes a body.
type borrowed struct {
	net.Conn
	descriptor syscall.Conn
}

// SyscallConn implements syscall.Conn.
func (b borrowed) SyscallConn() (syscall.RawConn, error) { return b.descriptor.SyscallConn() }

// SetDeadline does nothing, successfully.
func (borrowed) SetDeadline(time.Time) error { return nil }
