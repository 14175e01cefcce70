package engine

import (
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/plain"
	"realtime/core/protocol/wsframe"
)

// Clients without Socket.IO: a page with nothing but a WebSocket or an EventSource. What they read and
// write is one JSON object per event, which is the floor above's; the engine knows only how it travels.

// PlainPath is where they connect, behind the engine's own path.
const PlainPath = "plain"

var plainEntry = entry{
	opens: func(rest string) bool { return rest == PlainPath },
	serve: (*Server).servePlain,
}

func plainRow() row {
	return row{
		session:  newPlainSession,
		greeting: func(*Server, *Session) []*Message { return nil },
		packet:   plainPacket,
		phrases:  &plainPhrases,
		pongs:    true,
	}
}

// plainPhrases: a ping is one of the WebSocket protocol, which browsers answer by themselves; in an
// EventSource it is a comment. There is no word for a close.
var plainPhrases = phrases{
	ping:  &Message{wire: wsframe.AppendFrame(nil, wsframe.OpPing, nil)},
	noop:  newPlainText(nil),
	close: newPlainText(nil),
}

var errPlainBinary = errors.New("engine: a binary message from a client that writes JSON")

func plainPacket(_ *Session, message []byte, binary bool) (engineio.Packet, error) {
	if binary {
		return engineio.Packet{}, errPlainBinary
	}
	return engineio.Packet{Type: engineio.Message, Data: message}, nil
}

// plainSession is a session, its machine and, for an EventSource, its stream, in one piece of memory.
type plainSession struct {
	Session
	conn plainConn
	roam roaming
}

// plainConn is the machine: that of Engine.IO, on one carrier for its whole life.
type plainConn struct {
	engineio.Conn
	boarded bool
}

func (c *plainConn) Admit(time.Duration)    {}
func (c *plainConn) Answered(time.Duration) {}

// Attach takes the stream that the session was opened for.
func (c *plainConn) Attach(engineio.Carrier, time.Duration) bool {
	first := !c.boarded
	c.boarded = true
	return first
}

func newPlainSession(s *Server, c engineio.Carrier, now time.Duration) *Session {
	timing := &s.timing
	if c == engineio.Streaming {
		timing = &s.streamTiming
	}
	sess := &plainSession{conn: plainConn{Conn: engineio.NewConn(timing, c, now)}}
	sess.Session.conn = &sess.conn
	if c == engineio.Streaming {
		sess.roam.machine = &sess.conn
		sess.Session.roam = &sess.roam
	}
	return &sess.Session
}

// servePlain answers a request at that door, if it is open.
func (s *Server) servePlain(ctx *fasthttp.RequestCtx, _ string) {
	if s.rows[Plain].session == nil {
		s.serveEngineIO(ctx)
		return
	}
	named, client, ok := s.Allow(ctx)
	upgrade := isUpgrade(ctx)
	switch {
	case !ok:
		forbidden.write(ctx, upgrade)
		return
	case ctx.IsOptions() && len(ctx.Request.Header.Peek("Access-Control-Request-Method")) > 0:
		preflight(ctx, named)
		return
	case !ctx.IsGet():
		ctx.Response.Header.Set("Allow", "GET, OPTIONS")
		empty(ctx, fasthttp.StatusMethodNotAllowed)
		return
	case !upgrade && !IsEventStream(ctx):
		setCORS(ctx, named)
		badRequest.write(ctx, false)
		return
	}
	setCORS(ctx, named)
	if r := s.room(); r != nil {
		r.write(ctx, upgrade)
		return
	}
	switch {
	case !upgrade:
		s.openEventSource(ctx, newHandshake(ctx, client), named)
	case s.chooseSubprotocol(ctx):
		s.openWebSocket(ctx, Plain, newHandshake(ctx, client))
	}
}

// chooseSubprotocol takes the first sub-protocol of the client's that is configured. It refuses the request if
// there is none: browsers would close a connection on which they did not get what they asked for.
func (s *Server) chooseSubprotocol(ctx *fasthttp.RequestCtx) bool {
	asked := string(ctx.Request.Header.Peek("Sec-WebSocket-Protocol"))
	if asked == "" {
		return true
	}
	for name := range strings.SplitSeq(asked, ",") {
		if name = strings.TrimSpace(name); slices.Contains(s.cfg.Subprotocols, name) {
			ctx.Response.Header.Set("Sec-WebSocket-Protocol", name)
			return true
		}
	}
	s.log.Info("a WebSocket was refused: none of its sub-protocols is listed in plain_subprotocols", "asked", asked)
	refuseUpgrade(ctx, fasthttp.StatusBadRequest, "none of the sub-protocols is served here")
	return false
}

// IsEventStream reports whether a request is an EventSource's.
func IsEventStream(ctx *fasthttp.RequestCtx) bool {
	return strings.Contains(string(ctx.Request.Header.Peek("Accept")), "text/event-stream")
}

// openEventSource opens a session whose client only listens.
func (s *Server) openEventSource(ctx *fasthttp.RequestCtx, hs *Handshake, origin string) {
	sess := s.newSession(Plain, hs, engineio.Streaming, eventSource)
	st := s.newStream(ctx, eventForm{}, origin)
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(c net.Conn) {
		if !st.begin(c, sess) {
			return // no session exists before its client has the head
		}
		sess.boardStream(st, eventSource)
		s.open(sess)
	})
}

// eventForm writes an event stream. Source: HTML standard, "Server-sent events".
type eventForm struct{}

func (eventForm) head(dst []byte) ([]byte, string) {
	return append(dst, ":\n\n"...), "text/event-stream; charset=utf-8"
}

func (eventForm) piece(dst []byte, messages []*Message) []byte {
	for _, m := range messages {
		text := m.text()
		switch {
		case m == plainPhrases.ping:
			dst = append(dst, ":\n\n"...)
			continue
		case len(text) == 0:
			continue
		}
		if m.name != "" {
			dst = append(append(append(dst, "id: "...), m.name...), '\n')
		}
		if m.last {
			dst = append(append(append(dst, "retry: "...), finalRetry...), '\n')
		}
		dst = append(append(append(dst, "data: "...), text...), "\n\n"...) // JSON has no line break
	}
	return dst
}

// finalRetry is after how many milliseconds an EventSource that was told to go for good asks again: it
// does so by itself, and there is no way to tell it not to.
const finalRetry = "3600000"

// newPlainMessage is a JSON object as a WebSocket message.
func newPlainMessage(text []byte, _ [][]byte) *Message {
	m := newPlainText(text)
	m.last = plain.IsLast(text)
	return m
}
