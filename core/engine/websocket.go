package engine

import (
	"errors"
	"io"
	"sync"
	"unicode/utf8"

	"realtime/core/poll"
	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

// websocket is a WebSocket after its handshake: a parked connection and a parser that holds nothing
// while no frame is half received.
//
// One goroutine at a time reads; busy and again, guarded by session.mu, see to it.
type websocket struct {
	session *Session
	conn    *poll.Conn
	parser  parser
	frames  wsframe.Parser // which parser is, but for old drafts
	variant variant        // of the messages it is sent
	parted  bool           // the client has sent its close frame, so nothing is waited for after ours
	busy    bool           // a goroutine reads
	again   bool           // something came meanwhile
	gone    bool           // nothing can be written any more
}

// fit returns a message as this WebSocket is to be sent it.
func (ws *websocket) fit(m *Message) *Message {
	if ws.variant == deflated && (m.incompressible || len(m.wire) < ws.session.server.cfg.DeflateFrom) {
		return m.as(usual)
	}
	return m.as(ws.variant)
}

// parser takes frames apart, those of RFC 6455 or of the drafts before it; see wsframe.Parser.
type parser interface {
	Feed(b []byte, limit int, yield func(op wsframe.Opcode, payload []byte) bool) error
}

const (
	// readSize is the borrowed buffer of a reader.
	readSize = 16 << 10
	// readTurns is how many full buffers one client may have read before others get their turn.
	readTurns = 8
)

// reader is what a goroutine needs while it reads: the buffer, and the parser's callback, which would
// otherwise be allocated for every read.
type reader struct {
	ws      *websocket
	yield   func(wsframe.Opcode, []byte) bool
	stopped bool
	buf     [readSize]byte
}

var readers = sync.Pool{New: func() any {
	r := &reader{}
	r.yield = r.take
	return r
}}

// Ready is called by the poller.
func (ws *websocket) Ready(e poll.Event) {
	s := ws.session
	s.mu.Lock()
	if s.marks.has(over) || s.ws != ws {
		s.mu.Unlock()
		ws.linger()
		return
	}
	unblocked := e&poll.Writable != 0 && s.marks.has(blocked)
	if unblocked {
		s.marks &^= blocked
		s.weigh()
	}
	hungUp := e&poll.HangUp != 0 && s.marks.has(paused)
	s.mu.Unlock()
	if unblocked {
		s.schedule()
	}
	switch {
	case hungUp:
		s.lost(ws, true)
	case e&(poll.Readable|poll.HangUp) != 0:
		ws.read(nil)
	default:
		ws.arm()
	}
}

// resume goes on where a pause stopped.
func (ws *websocket) resume() { ws.read(nil) }

// read takes in what the client sent: first the given bytes, which came with the handshake, then what
// the connection holds.
func (ws *websocket) read(first []byte) {
	s := ws.session
	s.mu.Lock()
	if ws.busy {
		ws.again = true
		s.mu.Unlock()
		return
	}
	ws.busy = true
	s.mu.Unlock()
	r := readers.Get().(*reader)
	r.ws = ws
	for r.round(first) {
		first = nil
	}
	r.ws = nil
	readers.Put(r)
}

// round reads once through, and reports whether something came meanwhile that asks for another one.
func (r *reader) round(first []byte) (again bool) {
	ws := r.ws
	s := ws.session
	s.mu.Lock()
	stop := s.marks.has(paused|over) || s.ws != ws
	s.mu.Unlock()
	if !stop {
		if err := r.drain(first); err != nil {
			r.failed(err)
		}
	}
	s.mu.Lock()
	again = ws.again && !s.marks.has(paused|over)
	ws.again = false
	ws.busy = again
	s.mu.Unlock()
	if !again {
		ws.arm()
	}
	return again
}

// drain parses the given bytes and those that the connection holds, until there are no more, the
// session pauses, or it was long enough.
func (r *reader) drain(first []byte) error {
	ws := r.ws
	limit := ws.session.server.cfg.MaxPayload
	r.stopped = false
	if err := ws.parser.Feed(first, limit, r.yield); err != nil { // also what a pause left over
		return err
	}
	for range readTurns {
		if r.stopped {
			return nil
		}
		n, err := ws.conn.Read(r.buf[:])
		if errors.Is(err, poll.ErrWouldBlock) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ws.parser.Feed(r.buf[:n], limit, r.yield); err != nil {
			return err
		}
	}
	return nil
}

// take is called by the parser for each message and control frame.
func (r *reader) take(op wsframe.Opcode, payload []byte) bool {
	more := r.ws.frame(op, payload)
	r.stopped = !more
	return more
}

func (ws *websocket) frame(op wsframe.Opcode, payload []byte) bool {
	s := ws.session
	switch op {
	case wsframe.OpPing:
		ws.pong(payload)
		return true
	case wsframe.OpPong:
		return !s.row.pongs || s.receive(ws, engineio.Packet{Type: engineio.Pong})
	case wsframe.OpClose:
		s.closedByPeer(ws, payload)
		return false
	}
	if op&wsframe.Deflated != 0 {
		return ws.inflated(op&^wsframe.Deflated, payload)
	}
	return ws.message(op, payload)
}

// inflated takes a compressed message.
func (ws *websocket) inflated(op wsframe.Opcode, payload []byte) bool {
	z := inflaters.Get().(*inflater)
	defer z.giveBack()
	data, err := z.inflate(payload, ws.session.server.cfg.MaxPayload)
	if err == nil && op == wsframe.OpText && !utf8.Valid(data) {
		err = wsframe.ErrInflatedUTF8
	}
	var foul *wsframe.CloseError
	if errors.As(err, &foul) {
		ws.session.foul(ws, foul)
		return false
	}
	return ws.message(op, data)
}

// message takes a message, text or binary.
func (ws *websocket) message(op wsframe.Opcode, payload []byte) bool {
	s := ws.session
	p, err := s.row.packet(s, payload, op == wsframe.OpBinary)
	if err != nil {
		s.bad(ws, err)
		return false
	}
	return s.receive(ws, p)
}

// failed ends what the error ends: a foul frame, a client that left, a connection that broke.
func (r *reader) failed(err error) {
	ws := r.ws
	var foul *wsframe.CloseError
	switch {
	case errors.As(err, &foul):
		ws.session.foul(ws, foul)
	case errors.Is(err, io.EOF):
		ws.session.lost(ws, true)
	case !errors.Is(err, poll.ErrClosed):
		ws.session.lost(ws, false)
	}
}

// pong answers a ping of the WebSocket protocol. A probing WebSocket has no queue: its pong is written
// at once or, if there is no room, not at all.
func (ws *websocket) pong(payload []byte) {
	m := pongFrame(payload)
	if ws.session.inCharge(ws) {
		ws.session.control(m)
		return
	}
	_, _ = ws.conn.Write(m.wire)
}

// arm asks the poller for what the session waits for. Two goroutines may do so at once, each with what
// it saw last; who finds that it has changed meanwhile does it again.
func (ws *websocket) arm() {
	s := ws.session
	s.mu.Lock()
	want := ws.interest()
	s.mu.Unlock()
	for {
		if err := ws.conn.Arm(want); err != nil {
			return // closed: whoever did it has seen to the rest
		}
		s.mu.Lock()
		now := ws.interest()
		s.mu.Unlock()
		if now == want {
			return
		}
		want = now
	}
}

// interest is what to wait for: while paused only for the client's leaving. The caller holds session.mu.
func (ws *websocket) interest() poll.Interest {
	s := ws.session
	var i poll.Interest
	if !s.marks.has(paused) || s.marks.has(over) {
		i |= poll.Read
	}
	if s.marks.has(blocked) && s.ws == ws && s.conn.Carrier() == engineio.WebSocket {
		i |= poll.Write
	}
	return i
}

// shut ends the WebSocket: with the frame, if any, and then when the client has answered, at once if it
// has, or when the session's timer fires. Source: RFC 6455 section 5.5.1.
func (ws *websocket) shut(frame *Message) {
	if frame != nil {
		if _, err := ws.conn.Write(frame.as(ws.variant).wire); err != nil {
			ws.conn.Close()
			return
		}
	}
	if ws.parted || ws.conn.Arm(poll.Read) != nil {
		ws.conn.Close()
	}
}

// linger throws away what a client still says after our close frame, until it closes.
func (ws *websocket) linger() {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	for range readTurns {
		_, err := ws.conn.Read(r.buf[:])
		if errors.Is(err, poll.ErrWouldBlock) {
			break
		}
		if err != nil {
			ws.conn.Close()
			return
		}
	}
	if ws.conn.Arm(poll.Read) != nil {
		ws.conn.Close()
	}
}
