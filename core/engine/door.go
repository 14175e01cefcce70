package engine

import (
	"net"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/socketio1"
)

// door is the handshake of a client that waits, without a goroutine, until the floor above has said
// whether the client may come in: it is let in with the first message that it is sent, and shut out when
// its session is closed before.
type door struct {
	ex       *exchange
	scripted bool // by JSONP; index is its callback
	index    string

	// Both are guarded by session.mu.
	parked  bool
	verdict *verdict // given before the connection was parked
}

// verdict is the answer at a door.
type verdict struct {
	status int
	text   string
}

// The verdicts on those who are not let in. Source: socket.io 0.9.19, manager.handleHandshake, but for
// unavailable: there nobody is away.
var (
	unauthorized = &verdict{fasthttp.StatusForbidden, "handshake unauthorized"}
	badOrigin    = &verdict{fasthttp.StatusForbidden, "handshake bad origin"}
	handshakeBad = &verdict{fasthttp.StatusInternalServerError, "handshake error"}
	unavailable  = &verdict{fasthttp.StatusServiceUnavailable, "handshake not possible now"}
)

// verdicts are by why a session ended that nobody was let in to.
var verdicts = map[Reason]*verdict{Refused: unauthorized, ForcedClose: handshakeBad, Failed: handshakeBad}

// knock opens a session for a request that is held. The connection is out of fasthttp's hands.
func (s *Server) knock(sess *Session, d *door, c net.Conn) {
	s.open(sess)
	if err := d.ex.park(c, sess); err != nil {
		sess.end(TransportError, "the connection of the handshake was lost")
		return
	}
	sess.mu.Lock()
	d.parked = true
	v := d.verdict
	if v != nil {
		sess.roam.door = nil
	}
	sess.mu.Unlock()
	if v != nil {
		d.answer(v)
	}
}

// atDoor reports whether the client has not been told whether it may come in. The caller holds s.mu.
func (s *Session) atDoor() bool {
	return s.roam != nil && s.roam.door != nil && s.roam.door.verdict == nil
}

// letIn answers the handshake: the client knows its session's id then.
func (s *Session) letIn() {
	s.mu.Lock()
	s.roam.machine.Admit(s.server.now())
	s.setTimer()
	s.mu.Unlock()
	t := &s.server.v09Timing
	s.tellDoor(&verdict{fasthttp.StatusOK, string(socketio1.AppendHandshake(nil, socketio1.Handshake{
		SID:              s.id,
		HeartbeatTimeout: t.HeartbeatTimeout,
		CloseTimeout:     t.CloseTimeout,
		Transports:       s.server.v09Transports,
	}))})
}

// shutDoor answers the handshake of a session that has ended.
func (s *Session) shutDoor() {
	s.mu.Lock()
	held, reason := s.atDoor(), s.reason
	s.mu.Unlock()
	if !held {
		return
	}
	v := verdicts[reason]
	if v == nil {
		v = unavailable
	}
	s.tellDoor(v)
}

// tellDoor gives the verdict; the first one counts.
func (s *Session) tellDoor(v *verdict) {
	s.mu.Lock()
	if !s.atDoor() {
		s.mu.Unlock()
		return
	}
	d := s.roam.door
	d.verdict = v
	parked := d.parked
	if parked {
		s.roam.door = nil
	}
	s.mu.Unlock()
	if parked {
		d.answer(v)
	}
}

// answer writes the verdict. The caller has the door to itself.
func (d *door) answer(v *verdict) {
	contentType, body, status := v.render(d.scripted, d.index)
	d.ex.answer(status, contentType, body)
}

// render is the verdict as an answer. A page that waits for a script sees no status, so it is always 200.
func (v *verdict) render(scripted bool, index string) (contentType string, body []byte, status int) {
	switch {
	case !scripted:
		return textPlain, []byte(v.text), v.status
	case v.status == fasthttp.StatusOK:
		body = socketio1.AppendJSONP(nil, index, []byte(v.text))
	default:
		body = socketio1.AppendJSONPError(nil, index, v.text)
	}
	return "application/javascript", body, fasthttp.StatusOK
}

// serveHandshake answers the request that begins a session, or holds it.
func (r *v09Request) serveHandshake() {
	ctx, s := r.ctx, r.server
	index, scripted := socketio1.JSONPIndex(ctx.QueryArgs().Peek("jsonp"))
	var v *verdict
	switch {
	case !r.allowed(scripted):
		v = badOrigin
	case s.room() != nil:
		v = unavailable
	}
	if v != nil {
		contentType, body, status := v.render(scripted, index)
		ctx.SetStatusCode(status)
		ctx.Response.Header.SetContentType(contentType)
		ctx.SetBody(body)
		return
	}
	if body, err := readBody(ctx, s.cfg.MaxPayload); err == nil {
		bodies.Put(body) // nothing is asked for in it
	} else {
		ctx.SetConnectionClose()
		empty(ctx, fasthttp.StatusBadRequest)
		return
	}
	sess := s.newSession(V09, newHandshake(ctx, r.client), engineio.NoCarrier, polling)
	d := &door{ex: sess.newExchange(ctx, r.named), scripted: scripted, index: index}
	sess.roam.door = d
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(c net.Conn) { s.knock(sess, d, c) })
}
