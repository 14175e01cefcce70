package engine

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"realtime/core/poll"
	"realtime/core/protocol/engineio"
)

// marks is what is true of a session just now.
type marks uint16

const (
	// delivering: a goroutine is in Client.Receive, so Closed has to wait for it.
	delivering marks = 1 << iota
	// paused: the client is not read. resumed: Resume came during the present delivery.
	paused
	resumed
	// dirty: waits for a flusher, or is being flushed, which sees all that comes meanwhile.
	dirty
	// blocked: the WebSocket's kernel buffer is full.
	blocked
	// doomed: too slow; the flusher that comes next ends it.
	doomed
	// closing: the floor above is told, or about to be; what is queued still goes out. goodbye: the
	// last word is in the queue, so an empty queue is the end.
	closing
	goodbye
	// reported: Client.Closed was called, or is about to be.
	reported
	// over: nothing is held any more. leaveWS: but for the WebSocket, which is the flusher's to end.
	over
	leaveWS
	// dismissed: the client was told to go for good, so it is told nothing more.
	dismissed
)

func (m marks) has(any marks) bool { return m&any != 0 }

// Session is one Engine.IO connection, on whatever transport it is at the moment.
//
// Concurrency: all methods may be called from any goroutine; none blocks.
type Session struct {
	server    *Server
	client    Client
	handshake *Handshake
	id        string
	timer     poll.Timer // the next deadline of conn; later that of closing, then of lingering

	row     *row // its dialect's
	conn    machine
	roam    *roaming // nil unless its carriers come and go
	dialect Dialect

	mu     sync.Mutex // guards conn too
	queue  queue
	ws     *websocket    // in charge, or probing; after the end: lingering
	poll   *exchange     // a GET that waits for its answer
	post   *upload       // a POST that is being taken in
	timeAt time.Duration // when timer fires; it may be early, never late
	polled time.Duration // when the last poll came or was answered
	weight int           // bytes of the queue that count in the server's backlog
	trail  *trail        // nil: nothing is kept for a client that comes back
	// farewell is the answer for a poll whose connection is taken over only after the end.
	farewell  *Message
	parting   *Message // the WebSocket's last frame, when a flusher has to write it
	crossing  bool     // see crossed
	transport Transport
	detail    string
	marks     marks
	reason    Reason
}

// ID is the session's secret: who knows it is the client. Never log it whole.
func (s *Session) ID() string { return s.id }

// Dialect is the client's generation.
func (s *Session) Dialect() Dialect { return s.dialect }

// Handshake is the request that opened the session. It does not change.
func (s *Session) Handshake() *Handshake { return s.handshake }

// Transport is the name of what carries the session now; see [Transport].
func (s *Session) Transport() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transport.String()
}

// carrier is the one in charge.
func (s *Session) carrier() engineio.Carrier {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn.Carrier()
}

// Send queues m for the client. It reports false if m was dropped: the session is closing and keeps
// nothing for its client to come back for, or m is volatile and the client cannot take anything at this
// moment.
//
// A client that does not take what is queued for it is closed when its queue passes the limits.
func (s *Session) Send(m *Message, volatile bool) bool {
	s.mu.Lock()
	tracked := s.trail != nil && m.offset != 0
	switch {
	case tracked && !s.trail.takes(m.scope):
		s.mu.Unlock()
		return false
	case s.marks.has(closing):
		if tracked {
			s.track(m)
		}
		s.mu.Unlock()
		return tracked
	case volatile && !s.writable():
		s.mu.Unlock()
		return false
	case tracked:
		s.track(m)
	}
	s.push(m)
	schedule, admitted := s.scheduleIfDue(), s.atDoor()
	s.mu.Unlock()
	if schedule {
		s.server.flusher.add(s)
	}
	if admitted {
		s.letIn()
	}
	return true
}

// push queues a message as the carrier in charge needs it. The caller holds s.mu.
func (s *Session) push(m *Message) {
	if s.conn.Carrier() == engineio.WebSocket && s.ws != nil {
		m = s.ws.fit(m)
	}
	s.queue.push(m)
	if m.last {
		s.marks |= dismissed
	}
	s.weigh()
}

// writable reports whether a message sent now would be on its way. The caller holds s.mu.
func (s *Session) writable() bool {
	switch s.conn.Carrier() {
	case engineio.WebSocket:
		return !s.marks.has(blocked)
	case engineio.Streaming:
		return s.roam.stream != nil && !s.marks.has(blocked)
	}
	return s.poll != nil
}

// scheduleIfDue reports whether the caller must give the session to the flusher, and marks it so. It
// dooms a session whose queue has passed the limits. The caller holds s.mu.
func (s *Session) scheduleIfDue() bool {
	if s.marks.has(dirty | over) {
		return false
	}
	due := s.writable()
	if !due && s.tooSlow() {
		s.marks |= doomed
		due = true
	}
	if due {
		s.marks |= dirty
	}
	return due
}

// tooSlow reports whether more waits for the client than may, though it does not read. The caller
// holds s.mu.
func (s *Session) tooSlow() bool {
	cfg := &s.server.cfg
	if s.queue.bytes <= cfg.MaxQueueBytes && len(s.queue.list) <= cfg.MaxQueueMessages {
		return false
	}
	return s.marks.has(blocked) || s.server.now()-s.polled > pollPatience
}

// weigh keeps the server's backlog: it counts what waits for clients that read. The caller holds s.mu.
func (s *Session) weigh() {
	weight := 0
	switch s.conn.Carrier() {
	case engineio.WebSocket, engineio.Streaming:
		if !s.marks.has(blocked | over) {
			weight = s.queue.bytes
		}
	}
	if weight != s.weight {
		s.server.backlog.add(weight - s.weight)
		s.weight = weight
	}
}

// receive takes one packet of the client, over a WebSocket, or in a POST if ws is nil. It reports false
// when no more may be given to it now.
func (s *Session) receive(ws *websocket, p engineio.Packet) bool {
	from := engineio.WebSocket
	s.mu.Lock()
	if ws == nil {
		from = s.posting()
	}
	if s.marks.has(over) || (ws != nil && s.ws != ws) {
		s.mu.Unlock()
		return false
	}
	effects := s.conn.Receive(from, p, s.server.now())
	if effects&engineio.Deliver != 0 && s.marks.has(delivering) {
		// Two carriers at once: a POST was not finished when the WebSocket took over.
		s.mu.Unlock()
		s.end(TransportError, "messages on two transports at once")
		return false
	}
	if p.Type == engineio.Pong && s.trail != nil && from == s.conn.Carrier() {
		s.trail.pong()
	}
	if effects&engineio.Deliver != 0 && !s.marks.has(closing) {
		s.marks = s.marks&^resumed | delivering
		s.mu.Unlock()
		return s.deliver(p)
	}
	s.setTimer()
	s.mu.Unlock()
	return s.carryOut(effects)
}

// posting is the carrier that POSTs belong to: polling, unless answers are streamed. The caller holds
// s.mu.
func (s *Session) posting() engineio.Carrier {
	if s.conn.Carrier() == engineio.Streaming {
		return engineio.Streaming
	}
	return engineio.Polling
}

// deliver gives one message to the floor above. The caller has marked the session as delivering.
func (s *Session) deliver(p engineio.Packet) bool {
	flow, err := s.callReceive(p)
	s.mu.Lock()
	s.marks &^= delivering
	if flow == Pause && !s.marks.has(resumed|closing) {
		s.marks |= paused
		s.conn.Pause()
		s.setTimer()
	}
	stopped, gone := s.marks.has(paused|closing), s.marks.has(closing)
	s.mu.Unlock()
	switch {
	case err != nil:
		s.end(ForcedClose, err.Error())
		s.report() // of an end that somebody else made meanwhile
		return false
	case gone:
		s.report()
	}
	return !stopped
}

// callReceive is the border at which a panic costs one session and not the process.
func (s *Session) callReceive(p engineio.Packet) (flow Flow, err error) {
	defer func() {
		if v := recover(); v != nil {
			s.server.log.Error("panic while a message was taken in; its session is closed",
				"err", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("engine: panic: %v", v)
		}
	}()
	return s.client.Receive(p.Data, p.Binary)
}

// carryOut does what the machine asks for. It reports whether the client may be read further.
func (s *Session) carryOut(e engineio.Effects) bool {
	if e == 0 {
		return true
	}
	if e&engineio.SendPing != 0 {
		s.ping()
	}
	if e&engineio.AnswerPing != 0 {
		s.control(s.row.phrases.pong)
	}
	if e&engineio.AnswerProbe != 0 {
		s.answerProbe()
	}
	if e&engineio.DropProbe != 0 {
		s.dropProbe()
	}
	if e&engineio.Switch != 0 {
		s.switched()
	}
	if e&engineio.End != 0 {
		answer := s.row.phrases.close
		if e&engineio.ReleasePoll != 0 { // the client said goodbye itself: nothing to tell it
			answer = s.row.phrases.noop
		}
		reason, detail := ended(s.conn.Fault()) // the machine is at its end and does not change
		s.endWith(reason, detail, answer, closeFrame)
		return false
	}
	if e&engineio.ReleasePoll != 0 {
		s.schedule()
	}
	return true
}

// ended translates the machine's faults.
func ended(f engineio.Fault) (Reason, string) {
	switch f {
	case engineio.Silence:
		return PingTimeout, "no pong in time"
	case engineio.Farewell:
		return TransportClose, "closed by the client"
	case engineio.Left:
		return ClientNamespaceDisconnect, "the client said goodbye"
	case engineio.Absent:
		return TransportClose, "did not come back within close_timeout"
	case engineio.Unopened:
		return TransportClose, "nothing came of its handshake in time"
	case engineio.WrongWay:
		return TransportError, "a ping from the client: invalid heartbeat direction"
	}
	return TransportError, "connection lost"
}

// control queues a message of the engine's own, which is never volatile.
func (s *Session) control(m *Message) {
	s.mu.Lock()
	if s.marks.has(over) {
		s.mu.Unlock()
		return
	}
	s.push(m)
	schedule := s.scheduleIfDue()
	s.mu.Unlock()
	if schedule {
		s.server.flusher.add(s)
	}
}

// ping asks the client whether it is still there, and so what it has got.
func (s *Session) ping() {
	s.control(s.row.phrases.ping)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trail != nil {
		s.trail.ping()
	}
}

// schedule has a flusher look at the session, whatever its state.
func (s *Session) schedule() {
	s.mu.Lock()
	due := !s.marks.has(dirty | over)
	if due {
		s.marks |= dirty
	}
	s.mu.Unlock()
	if due {
		s.server.flusher.add(s)
	}
}

// Resume ends a pause: the client is read again.
func (s *Session) Resume() {
	s.mu.Lock()
	if s.marks.has(delivering) {
		s.marks |= resumed
	}
	if !s.marks.has(paused) || s.marks.has(over) {
		s.mu.Unlock()
		return
	}
	s.marks &^= paused
	s.conn.Resume(s.server.now())
	ws, post := s.ws, s.post
	onWebSocket := s.conn.Carrier() == engineio.WebSocket
	s.mu.Unlock()
	switch {
	case onWebSocket && ws != nil:
		s.server.spawn(ws.resume)
	case post != nil:
		s.server.spawn(post.resume)
	}
}
