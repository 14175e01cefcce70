package engine

import (
	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

// A session ends in two steps. First it is closing: the floor above is told, nothing new is taken, but
// what is queued still goes out, with a goodbye behind it. Then it is over and holds nothing. Close
// goes through both; end, for a client that is gone or broke a rule, takes the second at once.

// closeFrame is a WebSocket close frame without a code. The reference server sends the same.
var closeFrame = &Message{wire: wsframe.AppendClose(nil, wsframe.CloseNoStatus, "")}

// Close ends the session; the first reason wins. What is queued is still sent, then the client sees
// its transport close; the usual clients come back after that. The floor above is told from another
// goroutine, so Close may be called with locks held.
func (s *Session) Close(r Reason) {
	s.mu.Lock()
	if s.marks.has(closing | over) {
		s.mu.Unlock()
		return
	}
	s.begin(r, "")
	s.marks |= goodbye
	switch {
	case s.atDoor():
		s.queue.take() // nobody is there to be told
	case s.conn.Carrier() == engineio.WebSocket:
		s.push(closeFrame)
	case s.marks.has(dismissed):
	default:
		if s.poll == nil && len(s.queue.list) == 0 {
			s.queue.push(s.row.phrases.noop) // what the reference server puts before a close that had to wait
		}
		s.queue.push(s.row.phrases.close)
	}
	s.weigh()
	s.setTimerAt(s.server.now() + closePatience)
	s.mu.Unlock()
	s.schedule()
}

// Refuse ends a session whose client is not let in. One that waits at the door is told so there; any other
// gets m before the end.
func (s *Session) Refuse(m *Message) {
	s.mu.Lock()
	held := s.atDoor()
	s.mu.Unlock()
	if !held {
		s.Send(m, false)
	}
	s.Close(Refused)
}

// begin marks the session as closing. The caller holds s.mu.
func (s *Session) begin(r Reason, detail string) {
	s.marks |= closing
	s.reason, s.detail = r, detail
	if s.marks.has(paused) {
		s.marks &^= paused
	}
}

// end closes the session at once. What is queued is lost; a poll that waits is told with a close packet.
func (s *Session) end(r Reason, detail string) { s.endWith(r, detail, s.row.phrases.close, closeFrame) }

// endWith is end with a last word of its own for a poll that waits and for a WebSocket.
func (s *Session) endWith(r Reason, detail string, answer, frame *Message) {
	s.mu.Lock()
	if s.marks.has(over) {
		s.mu.Unlock()
		return
	}
	if !s.marks.has(closing) {
		s.begin(r, detail)
	}
	s.mu.Unlock()
	s.finish(answer, frame)
	s.report()
}

// finish lets go of all that the session holds. answer is for a poll that waits, frame for a WebSocket
// whose stream is at a border between two frames; nil: it was said already.
func (s *Session) finish(answer, frame *Message) {
	s.mu.Lock()
	if s.marks.has(over) {
		s.mu.Unlock()
		return
	}
	s.marks |= over
	s.farewell = answer
	s.conn.End()
	ex, post, ws := s.poll, s.post, s.ws
	s.poll, s.post = nil, nil
	var st *stream
	if s.roam != nil {
		st, s.roam.stream = s.roam.stream, nil
	}
	// A flusher may be writing while the session is dirty; what it writes must not be cut in two, so
	// the end of the WebSocket is left to it.
	atBorder := ws != nil && !ws.gone && s.queue.begun == 0 && !s.marks.has(blocked)
	if atBorder && s.marks.has(dirty) {
		s.marks |= leaveWS
		s.parting = frame
	}
	left := s.marks.has(leaveWS)
	s.queue.take()
	s.weigh()
	s.server.cfg.Wheel.Stop(&s.timer)
	if atBorder {
		s.setTimerAt(s.server.now() + lingerPatience)
	}
	s.crossing = ex == nil && ws == nil && answer == s.row.phrases.noop
	if s.crossing {
		s.setTimerAt(s.server.now() + s.server.crossing)
	}
	crossing := s.crossing
	s.mu.Unlock()
	if !crossing {
		s.server.forget(s)
	}
	if ex != nil {
		ex.answerPayload([]*Message{answer})
	}
	for ; post != nil; post = post.next {
		post.release()
	}
	if st != nil {
		_, _ = st.send([]*Message{answer})
		st.finish()
	}
	if s.roam != nil {
		s.shutDoor()
	}
	switch {
	case ws == nil || left:
	case atBorder:
		ws.shut(frame)
	default:
		ws.conn.Close()
	}
}

// crossed reports, once, whether a poll may have been on its way when its client said goodbye in a
// POST: it came over another connection, so which one we looked at first says nothing. It is answered
// as if it had waited.
func (s *Session) crossed() bool {
	s.mu.Lock()
	crossing := s.crossing
	s.crossing = false
	s.mu.Unlock()
	if crossing {
		s.server.forget(s)
	}
	return crossing
}

// report tells the floor above that the session is over, unless a delivery is under way: then that
// one will.
func (s *Session) report() {
	s.mu.Lock()
	if !s.marks.has(closing) || s.marks.has(reported|delivering) {
		s.mu.Unlock()
		return
	}
	s.marks |= reported
	reason, detail := s.reason, s.detail
	s.mu.Unlock()
	s.server.logClosed(s, reason, detail)
	s.client.Closed(reason, detail)
	s.server.reported()
}
