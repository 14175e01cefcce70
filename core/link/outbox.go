package link

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// writeTurn is how long one write may block before the writer looks whether it is stalled.
	writeTurn = time.Second

	// byeTime is for what is still to be written when a connection is ended.
	byeTime = time.Second

	// keptBuffer is the largest buffer that is kept for the next burst.
	keptBuffer = 64 << 10
)

var (
	errStalled = errors.New("link: the peer does not read")
	errByeTime = errors.New("link: the peer did not read the rest in time")
)

// outbox is what is to be written to a connection. Any goroutine appends; one writes, everything
// that has come together at once.
type outbox struct {
	limit int           // bytes unread that may stand for patience
	hard  int           // bytes that may not stand at all
	wait  time.Duration // patience
	more  chan struct{}

	mu       sync.Mutex
	bytes    []byte
	writing  int       // bytes the writer has taken and not yet written
	over     time.Time // since when more than limit is unread; zero when it is not
	closing  bool      // nothing more is appended; the rest is written until byeUntil
	byeUntil time.Time
}

// append lets f append to the buffer, unless the outbox is closing. It reports whether it did, and
// whether now so much is unread that the connection must end at once.
func (o *outbox) append(f func(dst []byte) []byte) (ok, overflow bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.appendLocked(f)
}

// appendLocked is append for a caller that holds o.mu.
func (o *outbox) appendLocked(f func(dst []byte) []byte) (ok, overflow bool) {
	if o.closing {
		return false, false
	}
	o.bytes = f(o.bytes)
	o.measure()
	wake(o.more)
	overflow = len(o.bytes)+o.writing > o.hard
	o.closing = overflow // what came after would be said again, for each request that is still read
	return true, overflow
}

func (o *outbox) measure() {
	switch unread := len(o.bytes) + o.writing; {
	case unread <= o.limit:
		o.over = time.Time{}
	case o.over.IsZero():
		o.over = time.Now()
	}
}

// close makes the writer end when it has written the rest. f appends the last of it.
func (o *outbox) close(f func(dst []byte) []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return
	}
	o.bytes = f(o.bytes)
	o.closing, o.byeUntil = true, time.Now().Add(byeTime)
	wake(o.more)
}

// write writes until the outbox is closed and empty, or the connection fails.
func (o *outbox) write(nc net.Conn) error {
	var spare []byte
	for {
		o.mu.Lock()
		batch, done := o.bytes, o.closing
		o.bytes, o.writing = spare[:0], len(batch)
		o.mu.Unlock()
		if len(batch) == 0 {
			if done {
				return nil
			}
			spare = batch
			<-o.more
			continue
		}
		if err := o.writeAll(nc, batch); err != nil {
			return err
		}
		if spare = batch; cap(spare) > keptBuffer {
			spare = nil
		}
	}
}

func (o *outbox) writeAll(nc net.Conn, b []byte) error {
	for len(b) > 0 {
		if err := nc.SetWriteDeadline(time.Now().Add(writeTurn)); err != nil {
			return err
		}
		n, err := nc.Write(b)
		b = b[n:]
		if lost := o.wrote(n); lost != nil {
			return lost
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return nil
}

// wrote accounts for n bytes and says whether the connection is to be given up.
func (o *outbox) wrote(n int) error {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing -= n
	o.measure()
	switch {
	case o.closing && o.writing > 0 && now.After(o.byeUntil):
		return errByeTime
	case !o.over.IsZero() && now.Sub(o.over) > o.wait:
		return errStalled
	}
	return nil
}
