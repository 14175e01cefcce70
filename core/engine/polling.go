package engine

import (
	"net"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
)

// poll answers a GET of a polling session: at once if something is queued, else when something is.
func (s *Session) servePoll(ctx *fasthttp.RequestCtx, origin string) {
	ready, ok := s.beginPoll()
	switch {
	case !ok:
		empty(ctx, fasthttp.StatusBadRequest)
	case ready != nil:
		s.server.writePayload(ctx, s.row.form(s, ctx), ready)
		s.polledOut()
	default:
		ex := s.newExchange(ctx, origin)
		ctx.HijackSetNoResponse(true)
		ctx.Hijack(func(c net.Conn) { s.parkPoll(ex, c) })
	}
}

// beginPoll registers a poll. ready is what can be answered at once. ok is false if another poll waits:
// the client has lost count, and its session is closed.
func (s *Session) beginPoll() (ready []*Message, ok bool) {
	s.mu.Lock()
	if s.marks.has(over) { // since the request found it: as if the poll had waited already
		ready = []*Message{s.farewell}
		s.mu.Unlock()
		s.crossed()
		return ready, true
	}
	if s.poll != nil {
		s.mu.Unlock()
		s.end(TransportError, "two polls at once")
		return nil, false
	}
	defer s.mu.Unlock()
	s.polled = s.server.now()
	// While a flusher is at work it is left to it, so that there is one order.
	if s.marks.has(dirty) || s.conn.Carrier() != engineio.Polling {
		return nil, true
	}
	if len(s.queue.list) == 0 && !s.conn.Releasing() {
		return nil, true
	}
	ready = s.queue.take()
	if len(ready) == 0 {
		ready = []*Message{s.row.phrases.noop}
	}
	s.weigh()
	return ready, true
}

// polledOut finishes a closing session whose goodbye is on its way.
func (s *Session) polledOut() {
	s.mu.Lock()
	done := s.marks.has(goodbye) && len(s.queue.list) == 0
	s.mu.Unlock()
	if done {
		s.finish(s.row.phrases.close, nil)
	}
}

// parkPoll makes a poll wait. The connection is out of fasthttp's hands.
func (s *Session) parkPoll(ex *exchange, c net.Conn) {
	if err := ex.park(c, s); err != nil {
		s.pollingLost(ex)
		return
	}
	s.mu.Lock()
	second := s.poll != nil
	late := s.farewell // the session ended, or was upgraded, while the connection was taken over
	if late == nil && s.conn.Carrier() != engineio.Polling {
		late = s.row.phrases.noop
	}
	schedule := false
	if !second && late == nil {
		s.poll = ex
		if schedule = s.flushable() && !s.marks.has(dirty); schedule {
			s.marks |= dirty
		}
	}
	s.mu.Unlock()
	switch {
	case second:
		s.end(TransportError, "two polls at once")
		ex.answer(fasthttp.StatusBadRequest, "", nil)
	case late != nil:
		s.crossed()
		ex.answerPayload([]*Message{late})
	case schedule:
		s.server.flusher.add(s)
	}
}

// parkVisit makes a poll of a session that roams wait, unless another carrier has come since. The
// connection is out of fasthttp's hands.
func (s *Session) parkVisit(ex *exchange, c net.Conn, visit uint32) {
	if err := ex.park(c, s); err != nil {
		s.mu.Lock()
		if s.roam.visit == visit {
			s.poll = ex
		}
		s.mu.Unlock()
		s.pollingLost(ex)
		return
	}
	s.mu.Lock()
	late := s.farewell
	if late == nil && s.roam.visit != visit {
		late = s.row.phrases.noop
	}
	schedule := false
	if late == nil {
		s.poll = ex
		if schedule = s.flushable() && !s.marks.has(dirty); schedule {
			s.marks |= dirty
		}
	}
	s.mu.Unlock()
	switch {
	case late != nil:
		ex.answerPayload([]*Message{late})
	case schedule:
		s.server.flusher.add(s)
	}
}

// pollingLost says that a poll or a POST was given up by the client: by the rules the session ends.
// After an upgrade it means nothing. In a session that roams only the poll that waits counts.
func (s *Session) pollingLost(ex *exchange) {
	s.mu.Lock()
	if s.roam != nil && !s.visited(ex) {
		s.mu.Unlock()
		return
	}
	effects := s.conn.Lost(engineio.Polling, false, s.server.now())
	s.lostRoaming()
	s.mu.Unlock()
	s.carryOut(effects)
}

// writePayload answers a request that fasthttp still has.
func (s *Server) writePayload(ctx *fasthttp.RequestCtx, f form, messages []*Message) {
	body, contentType := f.body(nil, messages)
	h := &ctx.Response.Header
	h.SetContentType(contentType)
	body, c := s.codingFor(&ctx.Request.Header).compress(f, body, messages)
	if c != identity {
		h.Set("Content-Encoding", c.String())
		h.Add("Vary", "Accept-Encoding")
	}
	ctx.Response.SetBodyRaw(body)
}
