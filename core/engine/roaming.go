package engine

import (
	"time"

	"realtime/core/protocol/engineio"
)

// A session roams when its carriers come and go while it stays: its client was given an id by a
// handshake, and comes with a poll, a stream or a WebSocket whenever it likes. The newest one counts.

// roamer is the machine of a session that roams. socketio1.Conn is one.
type roamer interface {
	machine
	Admit(now time.Duration)
	Attach(c engineio.Carrier, now time.Duration) bool
	Answered(now time.Duration)
}

// roaming is what such a session has besides. It is guarded by session.mu.
type roaming struct {
	machine roamer  // session.conn
	door    *door   // the handshake, until it is answered
	stream  *stream // in charge
	visit   uint32  // counts the carriers that came
}

// former is a carrier that another one has replaced, or that was lost.
type former struct {
	poll   *exchange
	stream *stream
	ws     *websocket
}

// letGo tells a replaced carrier that it is none any more.
func (f former) letGo(p *phrases) {
	switch {
	case f.poll != nil:
		f.poll.answerPayload([]*Message{p.noop})
	case f.stream != nil:
		f.stream.finish()
	case f.ws != nil:
		f.ws.abandon()
	}
}

// board puts a carrier in charge that has just come; the caller then registers it, and lets the former
// go without the lock. ok is false if the session does not take it. The caller holds s.mu.
func (s *Session) board(c engineio.Carrier, t Transport) (f former, ok bool) {
	now := s.server.now()
	if s.marks.has(over) || !s.roam.machine.Attach(c, now) {
		return former{}, false
	}
	f = s.unboard()
	s.transport = t
	s.roam.visit++
	s.polled = now
	s.setTimer()
	return f, true
}

// unboard takes the carrier in charge away. What it had begun to send is sent again by the next one:
// nothing says that the client has got it. The caller holds s.mu.
func (s *Session) unboard() former {
	f := former{s.poll, s.roam.stream, s.ws}
	s.poll, s.roam.stream, s.ws = nil, nil, nil
	s.marks &^= blocked
	s.queue.rewind()
	s.weigh()
	return f
}

// boardWebSocket puts a WebSocket in charge.
func (s *Session) boardWebSocket(ws *websocket, t Transport) bool {
	s.mu.Lock()
	f, ok := s.board(engineio.WebSocket, t)
	if ok {
		s.ws = ws
		s.queue.convert(ws)
		if s.marks.has(goodbye) {
			s.queue.push(closeFrame.as(ws.variant))
		}
		s.weigh()
	}
	s.mu.Unlock()
	f.letGo(s.row.phrases)
	if ok {
		s.schedule()
	}
	return ok
}

// boardStream puts a stream in charge, whose head is written.
func (s *Session) boardStream(st *stream, t Transport) bool {
	s.mu.Lock()
	f, ok := s.board(engineio.Streaming, t)
	if ok {
		s.roam.stream = st
	}
	s.mu.Unlock()
	f.letGo(s.row.phrases)
	if ok {
		s.schedule()
	}
	return ok
}

// boardPoll puts a poll in charge. ready is what it can be answered with at once; otherwise it waits,
// and visit is what parkVisit must be told.
func (s *Session) boardPoll(t Transport) (ready []*Message, visit uint32, ok bool) {
	s.mu.Lock()
	f, ok := s.board(engineio.Polling, t)
	if ok {
		visit = s.roam.visit
		// While a flusher is at work it is left to it, so that there is one order.
		if len(s.queue.list) > 0 && !s.marks.has(dirty) {
			ready = s.queue.take()
			s.answered()
		}
	}
	s.mu.Unlock()
	f.letGo(s.row.phrases)
	return ready, visit, ok
}

// answered notes that a poll has its answer. The caller holds s.mu.
func (s *Session) answered() {
	if s.roam != nil {
		s.roam.machine.Answered(s.server.now())
		s.setTimer()
	}
}

// visited reports whether ex is the request that waits for this session. The caller holds s.mu.
func (s *Session) visited(ex *exchange) bool {
	return ex == s.poll || s.roam.door != nil && ex == s.roam.door.ex
}

// lostRoaming is what follows when a carrier is lost and the session goes on. The caller holds s.mu.
func (s *Session) lostRoaming() {
	if s.roam != nil && s.conn.Fault() == engineio.NoFault {
		s.unboard()
		s.setTimer()
	}
}
