package engine

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"realtime/core/poll"
	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

const (
	// batchMessages is how many messages one write may join.
	batchMessages = 128
	// copyBelow is the size, in bytes, up to which messages are copied side by side for one write;
	// above it the kernel gathers them.
	copyBelow = 16 << 10
)

// flusher writes what is queued. A session is in its list at most once, whatever is queued for it
// meanwhile: that is how messages come to share a write.
//
// Concurrency: add may be called from anywhere and never blocks; the list cannot grow beyond the
// number of sessions.
type flusher struct {
	mu     sync.Mutex
	list   []*Session
	idle   int // goroutines that wait
	wake   sync.Cond
	ending bool
}

// run works until ctx ends, with a goroutine for each processor.
func (f *flusher) run(ctx context.Context) {
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(f.work)
	}
	<-ctx.Done()
	f.mu.Lock()
	f.ending = true
	f.mu.Unlock()
	f.wake.Broadcast()
	workers.Wait()
}

func (f *flusher) add(s *Session) {
	f.mu.Lock()
	f.list = append(f.list, s)
	wake := f.idle > 0
	f.mu.Unlock()
	if wake {
		f.wake.Signal()
	}
}

func (f *flusher) work() {
	for {
		f.mu.Lock()
		for len(f.list) == 0 && !f.ending {
			f.idle++
			f.wake.Wait()
			f.idle--
		}
		if len(f.list) == 0 {
			f.mu.Unlock()
			return
		}
		// Half of it, so that another worker can take the rest.
		n := (len(f.list) + 1) / 2
		if n > flushTurn {
			n = flushTurn
		}
		var turn [flushTurn]*Session
		copy(turn[:], f.list[:n])
		clear(f.list[:n])
		f.list = f.list[n:]
		f.mu.Unlock()
		for _, s := range turn[:n] {
			s.flush()
		}
	}
}

// flushTurn is how many sessions a worker takes at once.
const flushTurn = 32

// batch is the borrowed memory of one flush.
type batch struct {
	messages []*Message
	bytes    []byte
	vector   [][]byte
}

var batches = sync.Pool{New: func() any {
	return &batch{
		messages: make([]*Message, 0, batchMessages),
		bytes:    make([]byte, 0, copyBelow),
		vector:   make([][]byte, 0, batchMessages),
	}
}}

// flush sends what is queued, and does what has been waiting for a goroutine of ours: a slow client's
// end, the report of a close. The session is marked dirty, so nobody else does it meanwhile.
func (s *Session) flush() {
	b := batches.Get().(*batch)
	for s.flushOnce(b) {
	}
	batches.Put(b)
	s.mu.Lock()
	doom := s.marks.has(doomed) && !s.marks.has(closing)
	done := s.marks.has(goodbye) && len(s.queue.list) == 0
	part := s.marks.has(leaveWS) && !s.marks.has(dirty)
	if part {
		s.marks &^= leaveWS
	}
	s.mu.Unlock()
	if part {
		s.part()
	}
	if doom {
		s.end(TransportError, slowDetail)
		return
	}
	if done {
		s.finish(s.row.phrases.close, nil)
	}
	s.report()
}

// part ends the WebSocket of a session that was over while its queue was being written.
func (s *Session) part() {
	s.mu.Lock()
	ws, frame, cut := s.ws, s.parting, s.marks.has(blocked)
	s.parting = nil
	s.mu.Unlock()
	if cut {
		ws.conn.Close()
		return
	}
	ws.shut(frame)
}

// flushOnce writes one batch, or answers one poll. It reports whether to try again; when it reports
// false the session is not dirty any more.
func (s *Session) flushOnce(b *batch) bool {
	s.mu.Lock()
	if s.marks.has(over|doomed) || !s.flushable() {
		s.marks &^= dirty
		s.mu.Unlock()
		return false
	}
	switch s.conn.Carrier() {
	case engineio.WebSocket:
	case engineio.Streaming:
		s.flushStream()
		return true
	default:
		ex := s.poll
		s.poll = nil
		s.polled = s.server.now()
		s.answered()
		messages := s.queue.take()
		s.weigh()
		s.mu.Unlock()
		if len(messages) == 0 {
			messages = []*Message{s.row.phrases.noop}
		}
		ex.answerPayload(messages)
		return true
	}
	b.messages = append(b.messages[:0], s.queue.list[:min(len(s.queue.list), batchMessages)]...)
	begun, ws := s.queue.begun, s.ws
	s.mu.Unlock()
	n, err := b.write(ws.conn, begun)
	clear(b.messages)
	s.mu.Lock()
	if s.ws != ws { // another carrier came meanwhile, and sends it again
		s.mu.Unlock()
		return true
	}
	s.queue.advance(n)
	if errors.Is(err, poll.ErrWouldBlock) {
		s.marks |= blocked
		err = nil
	}
	s.weigh()
	block := s.marks.has(blocked)
	s.mu.Unlock()
	switch {
	case err != nil:
		s.lost(ws, false)
	case block:
		ws.arm()
	}
	return true
}

// flushable reports whether there is something to send and a way to send it. The caller holds s.mu.
func (s *Session) flushable() bool {
	switch s.conn.Carrier() {
	case engineio.WebSocket, engineio.Streaming:
		return len(s.queue.list) > 0 && s.writable()
	}
	return s.poll != nil && (len(s.queue.list) > 0 || s.conn.Releasing())
}

// write writes the batch, whose first begun bytes are out already, without blocking.
func (b *batch) write(conn *poll.Conn, begun int) (int, error) {
	if len(b.messages) == 1 {
		return conn.Write(b.messages[0].wire[begun:])
	}
	size := -begun
	for _, m := range b.messages {
		size += len(m.wire)
	}
	if size <= copyBelow {
		b.bytes = append(b.bytes[:0], b.messages[0].wire[begun:]...)
		for _, m := range b.messages[1:] {
			b.bytes = append(b.bytes, m.wire...)
		}
		return conn.Write(b.bytes)
	}
	b.vector = append(b.vector[:0], b.messages[0].wire[begun:])
	for _, m := range b.messages[1:] {
		b.vector = append(b.vector, m.wire)
	}
	n, err := conn.Writev(b.vector)
	clear(b.vector)
	return int(n), err
}

// slowDetail names the limits that a client passed without reading.
const slowDetail = "slow client: more is queued than max_queue_bytes or max_queue_messages allow"

// pongFrame answers a ping of the WebSocket itself.
func pongFrame(payload []byte) *Message {
	return &Message{wire: wsframe.AppendFrame(nil, wsframe.OpPong, payload)}
}
