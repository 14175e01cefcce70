package engine

// A trail is what a session has been sent and its client has not been heard to have: what it may ask
// for again on another session. It ends behind the last ping that was answered, since messages arrive
// in the order sent; so a quiet session's is empty. It goes on to grow while a session that is over
// waits for its client to come back.
type trail struct {
	list  []*Message
	bytes int
	// asked is how many of list went out before the ping that is not answered yet; only if pinged.
	asked  int
	pinged bool
	torn   bool // some had to go, for the limits; late: also of those behind the ping
	late   bool
	taken  []string // scopes whose messages belong to another session now
}

// Keep makes the session remember what it sends with an offset, until its client is known to have it,
// and also after its end; see [Session.TakeTrail]. It is called before the first Send.
func (s *Session) Keep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trail == nil {
		s.trail = new(trail)
	}
}

// TakeTrail returns the messages of one scope that the client behind offset has not got, in the order
// they were sent. offset 0 is a client that got none of them. From then on messages of this scope are not taken
// any more: Send answers false.
//
// ok is false if some of what the client missed is no longer there: more came than the limits of a
// queue allow. It is false too if the scope was taken before.
func (s *Session) TakeTrail(scope string, offset Offset) (missed []*Message, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trail == nil {
		return nil, false
	}
	return s.trail.take(scope, offset)
}

// HasTrail reports whether TakeTrail would give everything that the client behind offset has missed.
func (s *Session) HasTrail(scope string, offset Offset) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trail == nil || !s.trail.takes(scope) {
		return false
	}
	_, whole := s.trail.missed(scope, offset)
	return whole
}

// remember adds a message and drops the oldest ones beyond the limits.
func (t *trail) remember(m *Message, maxBytes, maxMessages int) {
	t.list = append(t.list, m)
	t.bytes += len(m.wire)
	drop := 0
	for ; drop < len(t.list) && (t.bytes > maxBytes || len(t.list)-drop > maxMessages); drop++ {
		t.bytes -= len(t.list[drop].wire)
		t.torn = true
	}
	t.late = t.late || drop > t.asked
	t.cut(drop)
}

// cut takes n messages off the front.
func (t *trail) cut(n int) {
	if n == 0 {
		return
	}
	clear(t.list[:n]) // shared messages must not be kept alive by a list that moved on
	t.list = t.list[n:]
	if len(t.list) == 0 {
		t.list = nil
	}
	t.asked = max(0, t.asked-n)
}

// ping notes that all so far goes out before a ping.
func (t *trail) ping() { t.asked, t.pinged, t.late = len(t.list), true, false }

// pong notes that the client has got all that went out before the ping.
func (t *trail) pong() {
	if !t.pinged {
		return
	}
	for _, m := range t.list[:t.asked] {
		t.bytes -= len(m.wire)
	}
	t.cut(t.asked)
	t.pinged, t.torn = false, t.late
}

// takes reports whether messages of a scope still belong here.
func (t *trail) takes(scope string) bool {
	for _, name := range t.taken {
		if name == scope {
			return false
		}
	}
	return true
}

func (t *trail) take(scope string, offset Offset) (missed []*Message, ok bool) {
	if !t.takes(scope) {
		return nil, false
	}
	t.taken = append(t.taken, scope)
	return t.missed(scope, offset)
}

// missed is what a client behind offset has not got of a scope, and whether that is everything.
func (t *trail) missed(scope string, offset Offset) (missed []*Message, whole bool) {
	known := false
	for _, m := range t.list {
		if m.scope != scope {
			continue
		}
		if !offset.Passing && m.offset == offset.Number {
			known, missed = true, missed[:0]
			continue
		}
		missed = append(missed, m)
	}
	if offset.Passing {
		missed = after(missed, offset.Number)
	}
	return missed, known || !t.torn
}

// after leaves out what a client has certainly got that knows of number only from a passing message.
func after(list []*Message, number uint64) []*Message {
	rest := list[:0]
	for _, m := range list {
		if m.offset > number {
			rest = append(rest, m)
		}
	}
	return rest
}

// track keeps a message for a client that may ask for it again. The caller holds s.mu.
func (s *Session) track(m *Message) {
	s.trail.remember(m, s.server.cfg.MaxQueueBytes, s.server.cfg.MaxQueueMessages)
}
