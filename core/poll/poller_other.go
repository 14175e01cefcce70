//go:build !linux || pollgoroutine

package poll

import (
	"errors"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

const sourceName = "goroutines"

// source waits for each armed connection with a goroutine in the runtime's poller, and with a
// second one while the connection is armed for Write. It is for the machines people develop on;
// idle connections cost a stack each.
//
// One lock guards it all. Deadlines are how a waiting goroutine is woken; they are set under the
// lock, so that none can reach a connection that was given back. Setting one does not block.
type source struct {
	pool        *pool
	interrupted chan struct{}
	waiters     sync.WaitGroup

	mu      sync.Mutex
	running bool
	closed  bool
	changed *sync.Cond // a waiter ended
	conns   map[*Conn]struct{}
}

// watch says which goroutines wait for a Conn; guarded by source.mu.
type watch struct{ waiting [sides]bool }

// side is what a waiter waits for: bytes or the end of the stream, or room.
type side int

const (
	readSide side = iota
	writeSide
	sides
)

// woken is a deadline that has passed.
var woken = time.Unix(1, 0)

func (s *source) init(p *pool) error {
	s.pool = p
	s.interrupted = make(chan struct{})
	s.changed = sync.NewCond(&s.mu)
	s.conns = make(map[*Conn]struct{})
	return nil
}

// run starts the waiters of what was armed before, and returns after interrupt when all are gone.
func (s *source) run() error {
	s.mu.Lock()
	s.running = true
	for c := range s.conns {
		s.ensure(c)
	}
	s.mu.Unlock()
	<-s.interrupted
	s.mu.Lock()
	s.running = false
	for c := range s.conns {
		s.wake(c)
	}
	s.mu.Unlock()
	s.waiters.Wait()
	return nil
}

func (s *source) interrupt() { close(s.interrupted) }

func (s *source) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// parked returns what was added and has not left. After close nothing is added.
func (s *source) parked() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.conns))
}

func (s *source) add(c *Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.conns[c] = struct{}{}
	return nil
}

// arm follows a change of the interest, which is in the state word already.
func (s *source) arm(c *Conn, _ Interest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.conns[c]; !ok {
		return ErrClosed
	}
	s.wake(c)
	s.ensure(c)
	return nil
}

// idle starts the waiters again that ended because of bytes which something other than the handler's
// next call has read, or that call itself after it had armed.
func (s *source) idle(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ensure(c)
}

// remove returns when no goroutine waits for c any more.
func (s *source) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.wake(c)
	for c.watch.waiting != [sides]bool{} {
		s.changed.Wait()
	}
}

// discard forgets c; closing it ends the waiters.
func (s *source) discard(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// ensure starts the waiters c needs. The caller holds the lock.
func (s *source) ensure(c *Conn) {
	for d := range sides {
		if s.running && !c.watch.waiting[d] && d.needed(&c.state) {
			c.watch.waiting[d] = true
			s.waiters.Go(func() { s.wait(c, d) })
		}
	}
}

// wake lets the waiters of c look at the state again. The caller holds the lock.
func (s *source) wake(c *Conn) {
	for d := range sides {
		if c.watch.waiting[d] {
			d.setDeadline(c.nc, woken)
		}
	}
}

// wait is a waiter: it asks what is there, sleeps until something changes, and ends when the
// arming is used up.
func (s *source) wait(c *Conn, d side) {
	look := func(fd uintptr) bool {
		if c.state.raise(probe(int(fd))) {
			s.pool.push(c)
		}
		return !d.needed(&c.state)
	}
	for s.goOn(c, d) {
		err := d.sleep(c, look)
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		if c.state.raise(Readable | Writable | HangUp) {
			s.pool.push(c)
		}
	}
}

// goOn readies a waiter for its next sleep, or ends it. It decides under the lock, so an Arm either
// finds the waiter and wakes it, or finds none and starts one.
func (s *source) goOn(c *Conn, d side) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.setDeadline(c.nc, time.Time{})
	if s.running && d.needed(&c.state) {
		return true
	}
	c.watch.waiting[d] = false
	s.changed.Broadcast()
	return false
}

// needed reports whether a call is owed for which nothing has come yet. The read side also waits
// for the peer to hang up, whatever the interest is.
func (d side) needed(s *state) bool {
	v := s.Load()
	if v&(armed|gone) != armed || due(v) != 0 {
		return false
	}
	return d == readSide || Interest(v>>wantsShift)&Write != 0
}

func (d side) sleep(c *Conn, f func(fd uintptr) bool) error {
	if d == readSide {
		return c.raw.Read(f)
	}
	return c.raw.Write(f)
}

// setDeadline fails only on a closed connection, whose waiters end by themselves.
func (d side) setDeadline(nc net.Conn, t time.Time) {
	if d == readSide {
		_ = nc.SetReadDeadline(t)
		return
	}
	_ = nc.SetWriteDeadline(t)
}
