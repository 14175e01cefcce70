package engine

import (
	"errors"
	"net"
	"strconv"
	"sync"

	"github.com/valyala/fasthttp"

	"realtime/core/poll"
	"realtime/core/protocol/engineio"
)

// stream is an HTTP answer that does not end: messages are appended to it as they come. Its connection
// is parked between them.
//
// Whoever finds it free may write; a stream that the kernel did not take all from is not free until the
// poller has written the rest.
type stream struct {
	server  *Server
	session *Session // nil if it is only told that it is not known
	conn    *poll.Conn
	form    streamForm
	head    []byte
	chunked bool

	mu    sync.Mutex
	stage streamStage
	out   []byte // what the kernel did not take yet
}

// streamForm writes messages as pieces of an answer.
type streamForm interface {
	// head is how the answer begins, and its content type.
	head(dst []byte) (_ []byte, contentType string)
	// piece appends messages, so that the client sees them without what follows.
	piece(dst []byte, messages []*Message) []byte
}

type streamStage uint8

const (
	streamFree    streamStage = iota
	streamBusy                // a goroutine writes
	streamStalled             // the kernel is full; the poller goes on
	streamEnding              // a goroutine writes, and will end it
	streamOver
)

// newStream reads from a request what the answer's head needs.
func (s *Server) newStream(ctx *fasthttp.RequestCtx, f streamForm, origin string) *stream {
	st := &stream{server: s, form: f, chunked: ctx.Request.Header.IsHTTP11()}
	first, contentType := f.head(nil)
	b := append([]byte("HTTP/1.1 200 OK\r\nContent-Type: "), contentType...)
	// The last header asks nginx not to wait for more than it has.
	b = append(b, "\r\nCache-Control: no-store\r\nConnection: close\r\nX-Accel-Buffering: no"...)
	if st.chunked {
		b = append(b, "\r\nTransfer-Encoding: chunked"...)
	}
	for _, f := range corsHeaders(origin) {
		b = append(append(b, "\r\n"...), f.Name...)
		b = append(append(b, ": "...), f.Value...)
	}
	st.head = st.appendChunk(append(b, "\r\n\r\n"...), first)
	return st
}

func (st *stream) appendChunk(dst, piece []byte) []byte {
	if !st.chunked {
		return append(dst, piece...)
	}
	dst = strconv.AppendInt(dst, int64(len(piece)), 16)
	dst = append(append(dst, "\r\n"...), piece...)
	return append(dst, "\r\n"...)
}

// begin takes over a hijacked connection and writes the head. It reports false if the client is gone.
func (st *stream) begin(c net.Conn, owner *Session) bool {
	raw, _, err := unwrap(c) // what the client says besides has no meaning
	if err != nil {
		raw.Close()
		return false
	}
	st.session = owner
	if st.conn, err = st.server.cfg.Poller.Add(raw, st); err != nil {
		raw.Close()
		return false
	}
	if _, err = st.conn.Write(st.head); err != nil { // an empty socket has room for it
		st.conn.Close()
		return false
	}
	st.head = nil
	st.arm(poll.Read)
	return true
}

// send appends messages. It reports whether the kernel is full now; the caller then marks the session
// as blocked and calls wait.
func (st *stream) send(messages []*Message) (full bool, err error) {
	st.mu.Lock()
	if st.stage != streamFree {
		st.mu.Unlock()
		return false, nil // it is at its end
	}
	piece := st.form.piece(nil, messages)
	if len(piece) == 0 { // an empty chunk would be the last one
		st.mu.Unlock()
		return false, nil
	}
	st.stage = streamBusy
	st.out = st.appendChunk(st.out[:0], piece)
	st.mu.Unlock()
	return st.write()
}

// write writes what the kernel takes. The caller has made the stream busy.
func (st *stream) write() (full bool, err error) {
	n, err := st.conn.Write(st.out)
	full = errors.Is(err, poll.ErrWouldBlock)
	st.mu.Lock()
	ending := st.stage == streamEnding
	switch {
	case ending:
		st.stage = streamOver
	case full:
		st.out, st.stage = st.out[n:], streamStalled
	default:
		st.out, st.stage = nil, streamFree
	}
	st.mu.Unlock()
	switch {
	case ending:
		st.end(err == nil)
		return false, nil
	case full:
		return true, nil
	}
	return false, err
}

// wait has the poller go on when the kernel takes more.
func (st *stream) wait() { st.arm(poll.Read | poll.Write) }

func (st *stream) arm(i poll.Interest) { _ = st.conn.Arm(i) } // closed: whoever did it has seen to the rest

// finish ends the answer. What the kernel did not take is lost: the client does not read.
func (st *stream) finish() {
	st.mu.Lock()
	at := st.stage
	switch at {
	case streamBusy, streamEnding:
		st.stage = streamEnding
		st.mu.Unlock()
		return
	default:
		st.stage = streamOver
	}
	st.mu.Unlock()
	if at != streamOver {
		st.end(at == streamFree)
	}
}

// end closes the connection, in order if nothing is cut off.
func (st *stream) end(inOrder bool) {
	if inOrder && st.chunked {
		_, _ = st.conn.Write([]byte("0\r\n\r\n"))
	}
	st.conn.Close()
}

// Ready is called by the poller.
func (st *stream) Ready(e poll.Event) {
	st.mu.Lock()
	stalled := st.stage == streamStalled && e&poll.Writable != 0
	if stalled {
		st.stage = streamBusy
	}
	st.mu.Unlock()
	if stalled {
		full, err := st.write()
		switch {
		case err != nil:
			st.lost()
			return
		case full:
			st.wait()
			return
		}
	}
	if e&poll.Writable != 0 && st.session != nil { // also if the flusher has only now said that it was full
		st.session.unblock(st)
	}
	if e&(poll.Readable|poll.HangUp) != 0 && !st.drain() {
		st.lost()
		return
	}
	st.mu.Lock()
	interest := poll.Read
	if st.stage == streamStalled {
		interest |= poll.Write
	}
	st.mu.Unlock()
	st.arm(interest)
}

// drain throws away what the client says. It reports false if the client has left.
func (st *stream) drain() bool {
	var buf [512]byte
	for range readTurns {
		_, err := st.conn.Read(buf[:])
		if err != nil {
			return errors.Is(err, poll.ErrWouldBlock)
		}
	}
	return true
}

// lost says that the client has left.
func (st *stream) lost() {
	st.mu.Lock()
	st.stage = streamOver
	st.mu.Unlock()
	st.conn.Close()
	if st.session != nil {
		st.session.streamLost(st)
	}
}

// streamLost tells the machine that a stream is gone.
func (s *Session) streamLost(st *stream) {
	s.mu.Lock()
	if s.roam.stream != st {
		s.mu.Unlock()
		return
	}
	effects := s.conn.Lost(engineio.Streaming, false, s.server.now())
	s.lostRoaming()
	s.mu.Unlock()
	s.carryOut(effects)
}

// unblock goes on with a stream that the kernel takes from again.
func (s *Session) unblock(st *stream) {
	s.mu.Lock()
	mine := s.roam.stream == st
	if mine {
		s.marks &^= blocked
		s.weigh()
	}
	s.mu.Unlock()
	if mine {
		s.schedule()
	}
}

// pieceBytes is how much of a queue is given to a stream at once, a larger message alone: what waits behind
// it is in the queue, where limits count.
const pieceBytes = 64 << 10

// flushStream appends what is queued to the stream in charge. The caller holds s.mu, which is released.
func (s *Session) flushStream() {
	st := s.roam.stream
	messages := s.queue.takeSome(pieceBytes)
	s.polled = s.server.now()
	s.weigh()
	s.mu.Unlock()
	full, err := st.send(messages)
	switch {
	case err != nil:
		st.lost()
	case full:
		s.mu.Lock()
		if s.roam.stream == st {
			s.marks |= blocked
			s.weigh()
		}
		s.mu.Unlock()
		st.wait()
	}
}
