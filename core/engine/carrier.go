package engine

import (
	"runtime"
	"time"

	"realtime/core/poll"
	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

// What happens to a session through one of its carriers: a WebSocket that was accepted, took over,
// broke a rule or went away.

// inCharge reports whether the session is carried by ws.
func (s *Session) inCharge(ws *websocket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ws == ws && s.conn.Carrier() == engineio.WebSocket
}

// attach makes a WebSocket the probing one. It reports false if there is no place for it; it is then
// the caller's to close.
func (s *Session) attach(ws *websocket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marks.has(closing|over) || !s.conn.Upgrade(s.server.now()) {
		return false
	}
	s.ws = ws
	s.setTimer()
	return true
}

// settlePatience is how long a request may wait for the probing WebSocket to be read, which takes
// microseconds unless the machine is overloaded.
const settlePatience = 50 * time.Millisecond

// settleUpgrade lets what a probing WebSocket has already received take effect before a request over
// polling is judged: a client that has said it is done with polling must find it so.
func (s *Session) settleUpgrade() {
	for begin := time.Now(); time.Since(begin) < settlePatience; runtime.Gosched() {
		s.mu.Lock()
		ws := s.ws
		upgrading := s.conn.Upgrading() && ws != nil
		busy := upgrading && ws.busy
		s.mu.Unlock()
		if !upgrading || (!busy && !ws.conn.Pending()) {
			return
		}
	}
}

// answerProbe writes the pong of a probe, straight to the WebSocket: it must not wait behind what is
// queued for the poll.
func (s *Session) answerProbe() {
	s.mu.Lock()
	ws := s.ws
	s.mu.Unlock()
	if ws == nil {
		return
	}
	if _, err := ws.conn.Write(s.row.phrases.probe.wire); err != nil {
		s.lost(ws, false)
	}
}

// dropProbe closes a WebSocket that will not take over. The session goes on by polling.
func (s *Session) dropProbe() {
	s.mu.Lock()
	ws := s.ws
	s.ws = nil
	s.mu.Unlock()
	if ws != nil {
		ws.abandon()
	}
}

// switched starts to use a WebSocket that has taken over: a poll that still waits is released, and
// what is queued goes out.
func (s *Session) switched() {
	s.mu.Lock()
	ex := s.poll
	s.poll = nil
	s.transport = webSocket
	s.queue.convert(s.ws)
	if s.marks.has(closing) && !s.marks.has(over) {
		// A close that waited for the next poll; over a WebSocket it is said in another way.
		s.queue.take()
		s.queue.push(closeFrame)
	}
	s.weigh()
	s.mu.Unlock()
	if ex != nil {
		ex.answerPayload([]*Message{s.row.phrases.noop})
	}
	s.schedule()
}

// lost says that a WebSocket is gone: cleanly, or because the connection broke.
func (s *Session) lost(ws *websocket, cleanly bool) {
	s.mu.Lock()
	ws.gone = true
	if s.ws != ws {
		s.mu.Unlock()
		ws.conn.Close()
		return
	}
	effects := s.conn.Lost(engineio.WebSocket, cleanly, s.server.now())
	s.lostRoaming()
	s.mu.Unlock()
	s.carryOut(effects)
	ws.conn.Close()
}

// closedByPeer answers a client's close frame with one of the same code and ends what it carried.
func (s *Session) closedByPeer(ws *websocket, payload []byte) {
	code, _, err := wsframe.ParseClose(payload)
	if err != nil {
		code = wsframe.CloseProtocolError
	}
	answer := &Message{wire: wsframe.AppendClose(nil, code, "")}
	if !s.inCharge(ws) {
		_, _ = ws.conn.Write(answer.wire)
		s.lost(ws, true)
		return
	}
	s.mu.Lock()
	ws.parted = true
	s.mu.Unlock()
	s.endWith(TransportClose, "closed by the client", s.row.phrases.close, answer)
}

// foul ends what a WebSocket carried because its frames break a rule; the client is told which.
func (s *Session) foul(ws *websocket, foul *wsframe.CloseError) {
	frame := &Message{wire: wsframe.AppendClose(nil, foul.Code, foul.Text)}
	if !s.inCharge(ws) {
		_, _ = ws.conn.Write(frame.wire)
		s.lost(ws, false)
		return
	}
	detail := foul.Error()
	if foul.Code == wsframe.CloseTooBig {
		detail += " (max_http_buffer_size)"
	}
	s.endWith(TransportError, detail, s.row.phrases.close, frame)
}

// bad ends what a WebSocket carried because of a packet that is none.
func (s *Session) bad(ws *websocket, err error) {
	if !s.inCharge(ws) {
		s.lost(ws, false)
		return
	}
	s.end(ParseError, err.Error())
}

// abandon closes a WebSocket that carries nothing: a close frame without a code, then the connection
// when the client has answered.
func (ws *websocket) abandon() {
	_, err := ws.conn.Write(closeFrame.as(ws.variant).wire)
	if err != nil || ws.conn.Arm(poll.Read) != nil {
		ws.conn.Close()
		return
	}
	time.AfterFunc(lingerPatience, func() { ws.conn.Close() })
}
