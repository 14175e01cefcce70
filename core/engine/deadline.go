package engine

import "time"

// A session has one timer, which is set to the next deadline of its machine; when it is closed, to that of
// closing; and when it is over, to that of its last WebSocket.

// setTimer makes sure that the timer fires when the machine's deadline is due. It leaves a timer that
// fires earlier alone: heartbeats move their deadline back with every pong. The caller holds s.mu.
func (s *Session) setTimer() {
	if s.marks.has(closing) {
		return // the timer is the closing's
	}
	if at := s.conn.Deadline(); s.timeAt == 0 || at < s.timeAt {
		s.setTimerAt(at)
	}
}

// setTimerAt sets the timer. The caller holds s.mu; the wheel's lock is a leaf.
func (s *Session) setTimerAt(at time.Duration) {
	s.timeAt = at
	s.server.cfg.Wheel.Set(&s.timer, s.server.epoch.Add(at))
}

// Expired is called by the wheel.
func (s *Session) Expired(time.Time) {
	now := s.server.now()
	s.mu.Lock()
	if s.marks.has(over) {
		ws := s.ws
		s.mu.Unlock()
		if ws != nil {
			ws.conn.Close()
		}
		s.crossed()
		return
	}
	if s.marks.has(closing) {
		s.mu.Unlock()
		s.finish(s.row.phrases.close, nil)
		return
	}
	effects := s.conn.Tick(now)
	s.timeAt = 0
	s.setTimer()
	s.mu.Unlock()
	s.carryOut(effects)
}

// overdue ends a session whose deadline has passed though its timer, which is a little late, has not
// fired yet: a request must not find it alive.
func (s *Session) overdue() bool {
	s.mu.Lock()
	due := !s.marks.has(closing) && s.server.now() >= s.conn.Deadline()
	s.mu.Unlock()
	if due {
		s.Expired(time.Time{})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks.has(over)
}
