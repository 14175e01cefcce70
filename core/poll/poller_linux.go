//go:build linux && !pollgoroutine

package poll

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	sourceName = "epoll"
	// batch is how many events one epoll_wait returns at most.
	batch = 256
	// always is what a descriptor is registered for. Edges, once and for all: the state word
	// remembers what came, so that arming for Read needs no system call.
	always = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET
)

// source is an epoll set. Its descriptor is itself watched by the runtime's poller, so that the
// goroutine that waits for events holds no thread.
type source struct {
	pool *pool
	file *os.File
	raw  syscall.RawConn // of file: holds the set open during a system call on it

	mu         sync.RWMutex
	conns      []*Conn // by descriptor
	generation uint32
}

// watch is what the source keeps in a Conn. The kernel gives both numbers back with each event; an
// event of a descriptor's former life has another generation.
type watch struct {
	fd         int32
	generation uint32
}

func (s *source) init(p *pool) error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(fmt.Errorf("fcntl: %w", err), unix.Close(fd))
	}
	s.pool = p
	s.file = os.NewFile(uintptr(fd), "epoll")
	s.raw, err = s.file.SyscallConn()
	return err
}

// run reads events until interrupt.
func (s *source) run() error {
	r := reader{source: s}
	wait := r.wait // bound once: the method value would be allocated for each call
	for {
		err := s.raw.Read(wait)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err == nil {
			err = r.err
		}
		if err != nil {
			return err
		}
		r.deliver()
	}
}

func (s *source) interrupt() {
	// Cannot fail: the set is open until close, which comes later, and is in the runtime's poller.
	_ = s.file.SetReadDeadline(time.Unix(1, 0))
}

func (s *source) close() { _ = s.file.Close() }

// parked returns what is watched. After close nothing is added that stays.
func (s *source) parked() []*Conn {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(s.conns), func(c *Conn) bool { return c == nil })
}

// reader is the state of run: one batch of events.
type reader struct {
	source *source
	events [batch]unix.EpollEvent
	n      int
	err    error
	ready  []*Conn
}

// wait is the callback of RawConn.Read: false lets the goroutine sleep until the set has events.
func (r *reader) wait(epfd uintptr) bool {
	for {
		r.n, r.err = unix.EpollWait(int(epfd), r.events[:], 0)
		if r.err != unix.EINTR {
			return r.err != nil || r.n > 0
		}
	}
}

func (r *reader) deliver() {
	s := r.source
	s.mu.RLock()
	for _, e := range r.events[:r.n] {
		if int(e.Fd) >= len(s.conns) {
			continue
		}
		c := s.conns[e.Fd]
		if c == nil || c.watch.generation != uint32(e.Pad) {
			continue
		}
		if c.state.raise(translate(e.Events)) {
			r.ready = append(r.ready, c)
		}
	}
	s.mu.RUnlock()
	s.pool.push(r.ready...)
	clear(r.ready)
	r.ready = r.ready[:0]
}

func translate(bits uint32) Event {
	var e Event
	if bits&unix.EPOLLIN != 0 {
		e |= Readable
	}
	if bits&unix.EPOLLOUT != 0 {
		e |= Writable
	}
	if bits&unix.EPOLLRDHUP != 0 {
		e |= Readable | HangUp
	}
	if bits&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		e |= Readable | Writable | HangUp
	}
	return e
}

// add registers c; the kernel reports at once what is there already.
func (s *source) add(c *Conn) error {
	if err := c.raw.Control(func(fd uintptr) { c.watch.fd = int32(fd) }); err != nil {
		return err
	}
	s.mu.Lock()
	s.generation++
	c.watch.generation = s.generation
	fd := int(c.watch.fd)
	if fd >= len(s.conns) {
		s.conns = append(s.conns, make([]*Conn, fd+1-len(s.conns))...)
	}
	s.conns[fd] = c
	s.mu.Unlock()
	err := s.control(c, unix.EPOLL_CTL_ADD, always)
	if err != nil {
		s.forget(c)
	}
	return err
}

// arm tells the kernel about an interest in writing. From then on the descriptor stays registered
// for it: taking it back could meet another Arm half way, and it costs nothing unless the peer is
// slow. Registering again makes the kernel report room that is there already.
func (s *source) arm(c *Conn, i Interest) error {
	if i&Write == 0 {
		return nil
	}
	err := s.control(c, unix.EPOLL_CTL_MOD, always|unix.EPOLLOUT)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, net.ErrClosed) {
		return ErrClosed
	}
	return err
}

// idle is told that no call is due for c, and has nothing to do: the next edge tells.
func (*source) idle(*Conn) {}

// remove ends the watching of c, whose descriptor stays open.
func (s *source) remove(c *Conn) {
	s.forget(c)
	// Fails only when the set or the connection is closed, which is as good.
	_ = s.control(c, unix.EPOLL_CTL_DEL, 0)
}

// discard ends the watching of c, whose descriptor is about to be closed.
func (s *source) discard(c *Conn) { s.remove(c) }

func (s *source) forget(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns[c.watch.fd] == c {
		s.conns[c.watch.fd] = nil
	}
}

// registration is one epoll_ctl, pooled for the reason transfer is.
type registration struct {
	source *source
	op     int
	fd     int
	event  unix.EpollEvent
	err    error
	outer  func(fd uintptr)
	inner  func(epfd uintptr)
}

var registrations = sync.Pool{New: func() any {
	r := &registration{}
	r.outer, r.inner = r.holdConn, r.holdSet
	return r
}}

// control runs one epoll_ctl while both descriptors are held open.
func (s *source) control(c *Conn, op int, events uint32) error {
	r := registrations.Get().(*registration)
	r.source, r.op, r.err = s, op, nil
	r.event = unix.EpollEvent{Events: events, Fd: c.watch.fd, Pad: int32(c.watch.generation)}
	err := c.raw.Control(r.outer)
	if err == nil {
		err = r.err
	}
	r.source, r.err = nil, nil
	registrations.Put(r)
	return err
}

func (r *registration) holdConn(fd uintptr) {
	r.fd = int(fd)
	if err := r.source.raw.Control(r.inner); err != nil {
		r.err = ErrClosed // the set: Run has ended
	}
}

func (r *registration) holdSet(epfd uintptr) {
	if err := unix.EpollCtl(int(epfd), r.op, r.fd, &r.event); err != nil {
		r.err = os.NewSyscallError("epoll_ctl", err)
	}
}
