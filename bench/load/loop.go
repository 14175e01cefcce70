package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// eventBatch is how many events one epoll_wait returns at most.
	eventBatch = 256
	// readSize is the one buffer all connections are read with.
	readSize = 64 << 10
	// sources is how many loopback addresses connections come from in turn, so that ports of closed
	// ones, which the kernel keeps for a minute, never run out.
	sources = 32
	// stall is how long nothing may happen at all before a command gives up.
	stall = 15 * time.Second
)

// loop is one epoll set and the connections in it. Everything happens on one goroutine: what a
// generator spends per message must be little beside what the server spends.
type loop struct {
	epoll  int
	conns  map[int]*conn
	events [eventBatch]unix.EpollEvent
	buf    [readSize]byte
	opened int // connections so far
}

// receiver is the protocol on a connection.
type receiver interface {
	// receive takes what was read. It returns how many bytes are used up; the rest comes again,
	// with more behind it.
	receive(c *conn, b []byte) (int, error)
	// lost is told when the connection is gone, with io.EOF if the server closed it.
	lost(c *conn, err error) error
}

// conn is one TCP connection.
type conn struct {
	loop *loop
	fd   int
	on   receiver
	rest []byte // read, not used up
	out  []byte // written, not taken by the kernel
}

func newLoop() (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	return &loop{epoll: fd, conns: make(map[int]*conn)}, nil
}

// dial begins a connection to a loopback address and queues first for it.
func (l *loop) dial(address *unix.SockaddrInet4, on receiver, first []byte) (*conn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	source := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + l.opened%sources)}}
	l.opened++
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
		unix.Bind(fd, source))
	if err == nil {
		err = unix.Connect(fd, address)
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return nil, errors.Join(fmt.Errorf("connect: %w", err), unix.Close(fd))
	}
	c := &conn{loop: l, fd: fd, on: on, out: append([]byte(nil), first...)}
	l.conns[fd] = c
	return c, l.control(unix.EPOLL_CTL_ADD, c, unix.EPOLLIN|unix.EPOLLOUT)
}

func (l *loop) control(op int, c *conn, events uint32) error {
	return unix.EpollCtl(l.epoll, op, c.fd, &unix.EpollEvent{Events: events, Fd: int32(c.fd)})
}

// run works until done says so. A time in until other than zero wakes it up then.
func (l *loop) run(until time.Time, done func() bool) error {
	last := time.Now()
	for !done() {
		wait := stall
		if !until.IsZero() {
			wait = max(time.Until(until), 0)
		}
		n, err := unix.EpollWait(l.epoll, l.events[:], int(wait.Milliseconds())+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("epoll_wait: %w", err)
		}
		for _, e := range l.events[:max(n, 0)] {
			if c := l.conns[int(e.Fd)]; c != nil {
				if err := c.ready(e.Events); err != nil {
					return err
				}
			}
		}
		if n > 0 {
			last = time.Now()
		} else if until.IsZero() && time.Since(last) >= stall {
			return fmt.Errorf("nothing happened for %s", stall)
		}
	}
	return nil
}

func (c *conn) ready(events uint32) error {
	if events&unix.EPOLLOUT != 0 {
		if err := c.flush(); err != nil {
			return c.broken(err)
		}
	}
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		return nil
	}
	n, err := unix.Read(c.fd, c.loop.buf[:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return c.broken(err)
	case n == 0:
		return c.broken(io.EOF)
	}
	return c.take(c.loop.buf[:n])
}

func (c *conn) take(b []byte) error {
	joined := len(c.rest) > 0
	if joined {
		c.rest = append(c.rest, b...)
		b = c.rest
	}
	used, err := c.on.receive(c, b)
	if err != nil {
		return err
	}
	switch {
	case used == len(b):
		c.rest = nil
	case joined:
		c.rest = b[used:]
	default:
		c.rest = append([]byte(nil), b[used:]...)
	}
	return nil
}

// write sends b, now if the kernel takes it.
func (c *conn) write(b []byte) error {
	if len(c.out) > 0 {
		c.out = append(c.out, b...)
		return nil
	}
	n, err := unix.Write(c.fd, b)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		return fmt.Errorf("write: %w", err)
	}
	if n = max(n, 0); n < len(b) {
		c.out = append(c.out, b[n:]...)
		return c.loop.control(unix.EPOLL_CTL_MOD, c, unix.EPOLLIN|unix.EPOLLOUT)
	}
	return nil
}

func (c *conn) flush() error {
	n, err := unix.Write(c.fd, c.out)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		return err
	}
	c.out = c.out[max(n, 0):]
	if len(c.out) > 0 {
		return nil
	}
	c.out = nil
	return c.loop.control(unix.EPOLL_CTL_MOD, c, unix.EPOLLIN)
}

func (c *conn) broken(err error) error {
	c.close()
	return c.on.lost(c, err)
}

func (c *conn) close() {
	if c.loop.conns[c.fd] == c {
		delete(c.loop.conns, c.fd)
		_ = unix.Close(c.fd)
	}
}

// parseAddress reads a loopback address.
func parseAddress(s string) (*unix.SockaddrInet4, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(host).To4()
	if ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address", s)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return &unix.SockaddrInet4{Port: int(n), Addr: [4]byte(ip)}, err
}
