package engine

import (
	"bytes"
	"net"
	"slices"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/socketio1"
	"realtime/core/proxy/forwarded"
)

// v09Entry is the door of clients 0.7 to 0.9, who say by their path what they want:
// "/socket.io/1/" begins a session, "/socket.io/1/xhr-polling/<id>" carries one.
var v09Entry = entry{
	opens: func(rest string) bool {
		_, ok := socketio1.ParsePath([]byte(rest))
		return ok
	},
	serve: (*Server).serveV09,
}

// v09Carrier is a transport by its name in a path.
type v09Carrier struct {
	transport Transport
	carrier   engineio.Carrier
	scripted  bool // a <script> or an <iframe> asks, which a page of another site may have
}

var v09Carriers = map[string]v09Carrier{
	"websocket":     {webSocket, engineio.WebSocket, false},
	"flashsocket":   {flashSocket, engineio.WebSocket, false},
	"htmlfile":      {htmlfile, engineio.Streaming, true},
	"xhr-polling":   {polling, engineio.Polling, false},
	"jsonp-polling": {jsonp, engineio.Polling, true},
}

// v09Names are the transports that a handshake offers, in the order that clients shall try them.
// Flash is tried only where the operator has opened a port for its policy: without one a browser that
// has it waits in vain before it goes on.
func v09Names(cfg *Config) []string {
	var names []string
	offer := func(name string, carrier engineio.Carrier) {
		if slices.Contains(cfg.Transports, carrier.String()) {
			names = append(names, name)
		}
	}
	offer("websocket", engineio.WebSocket)
	if cfg.OfferFlash {
		offer("flashsocket", engineio.WebSocket)
	}
	for _, name := range []string{"htmlfile", "xhr-polling", "jsonp-polling"} {
		offer(name, engineio.Polling)
	}
	return names
}

// v09Request is one request at that door.
type v09Request struct {
	server *Server
	ctx    *fasthttp.RequestCtx
	path   socketio1.Path
	client forwarded.Client
	named  string // the foreign origin that the answer must name
}

// serveV09 answers a request of a client 0.7 to 0.9. Source: socket.io 0.9.19, lib/manager.js.
func (s *Server) serveV09(ctx *fasthttp.RequestCtx, rest string) {
	r := &v09Request{server: s, ctx: ctx, client: s.cfg.Forwarded.Resolve(ctx)}
	r.path, _ = socketio1.ParsePath([]byte(rest))
	switch {
	case r.path.Version != socketio1.Version:
		ctx.SetStatusCode(fasthttp.StatusInternalServerError)
		ctx.Response.Header.SetContentType(textPlain)
		ctx.SetBodyString("Protocol version not supported.")
		return
	case ctx.IsOptions() && len(ctx.Request.Header.Peek("Access-Control-Request-Method")) > 0 && r.allowed(false):
		preflight(ctx, r.named)
		return
	case !ctx.IsGet() && !ctx.IsPost():
		empty(ctx, fasthttp.StatusMethodNotAllowed)
		return
	}
	ctx.Response.Header.Set("Cache-Control", "no-store")
	if isLegacyIE(ctx.UserAgent()) {
		ctx.Response.Header.Set("X-XSS-Protection", "0")
	}
	if r.path.SID == "" {
		r.serveHandshake()
		return
	}
	r.serveSession()
}

// wantsNothing reports whether a request is none of a client, all of which say something behind a "?":
// somebody looks whether a server is there.
func wantsNothing(ctx *fasthttp.RequestCtx) bool {
	target := ctx.Request.Header.RequestURI()
	return ctx.IsGet() && !isUpgrade(ctx) && bytes.IndexByte(target, '?') < 0
}

// welcome is what socket.io 0.9 has for such a request; balancers of that time ask for it. Later servers
// call it an error.
func welcome(ctx *fasthttp.RequestCtx) {
	ctx.Response.Header.SetContentType(textPlain)
	ctx.SetBodyString("Welcome to socket.io.")
}

// allowed reports whether the request may come from where it does; if not, the operator is told. scripted
// says that a <script> or an <iframe> may have made it.
func (r *v09Request) allowed(scripted bool) bool {
	judge := r.server.origins.judge
	if scripted {
		judge = r.server.origins.judgeScript
	}
	named, from, ok := judge(r.ctx, r.client)
	if !ok {
		r.server.refuseOrigin(from)
		return false
	}
	r.named = named
	setCORS(r.ctx, named)
	return true
}

// serveSession answers a request of a session, or one that says to be.
func (r *v09Request) serveSession() {
	ctx := r.ctx
	carrier, known := v09Carriers[r.path.Transport]
	if !r.allowed(carrier.scripted) {
		empty(ctx, fasthttp.StatusForbidden)
		return
	}
	sess := r.session()
	if ctx.QueryArgs().Has("disconnect") {
		if sess != nil {
			sess.Send(newV09Message([]byte(v09Goodbye), nil), false)
			sess.Close(ClientNamespaceDisconnect)
		}
		empty(ctx, fasthttp.StatusOK)
		return
	}
	upgrade := isUpgrade(ctx)
	switch {
	case !known || upgrade != (carrier.carrier == engineio.WebSocket) || !r.serves(carrier):
		hangUp(ctx)
	case upgrade:
		r.serveWebSocket(sess, carrier.transport)
	case ctx.IsPost():
		r.servePost(sess, carrier)
	case carrier.carrier == engineio.Streaming:
		r.serveStream(sess, carrier.transport)
	default:
		r.servePoll(sess, carrier)
	}
}

// session is the one the path names, nil if there is none.
func (r *v09Request) session() *Session {
	s := r.server
	s.mu.Lock()
	sess := s.sessions[r.path.SID]
	s.mu.Unlock()
	if sess == nil || sess.roam == nil || sess.overdue() {
		return nil
	}
	return sess
}

// serves reports whether a transport is in service.
func (r *v09Request) serves(c v09Carrier) bool {
	kind := engineio.Polling
	if c.carrier == engineio.WebSocket {
		kind = engineio.WebSocket
	}
	return slices.Contains(r.server.cfg.Transports, kind.String())
}

// hangUp ends the connection without an answer: what the reference has for requests that are none.
func hangUp(ctx *fasthttp.RequestCtx) {
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(c net.Conn) {
		raw, _ := socketOf(c)
		raw.Close()
	})
}

// servePoll answers a poll, or lets it wait.
func (r *v09Request) servePoll(sess *Session, c v09Carrier) {
	f := form(v09Text{})
	if c.scripted {
		index, _ := socketio1.JSONPIndex(r.ctx.QueryArgs().Peek("i"))
		f = v09Script{index}
	}
	ready, visit, ok := []*Message{v09Phrases.close}, uint32(0), false
	if sess != nil {
		ready, visit, ok = sess.boardPoll(c.transport)
	}
	switch {
	case !ok:
		r.server.writePayload(r.ctx, f, []*Message{v09Phrases.close})
	case ready != nil:
		r.server.writePayload(r.ctx, f, ready)
		sess.polledOut()
	default:
		ex := sess.newExchange(r.ctx, r.named)
		ex.form = f
		r.ctx.HijackSetNoResponse(true)
		r.ctx.Hijack(func(c net.Conn) { sess.parkVisit(ex, c, visit) })
	}
}

// servePost takes packets in. Those for a session that is not known are dropped: the client learns it
// from its next poll.
func (r *v09Request) servePost(sess *Session, c v09Carrier) {
	if sess == nil {
		r.ctx.Response.Header.SetContentType(textPlain)
		r.ctx.SetBodyString("1")
		return
	}
	in := v09Body
	if c.transport == jsonp {
		in = v09Form
	}
	sess.serveBody(r.ctx, r.named, func() (intake, bool) { return in, true })
}

// serveStream begins an answer that does not end.
func (r *v09Request) serveStream(sess *Session, t Transport) {
	st := r.server.newStream(r.ctx, v09Page{}, r.named)
	r.ctx.HijackSetNoResponse(true)
	r.ctx.Hijack(func(c net.Conn) {
		if !st.begin(c, sess) {
			return
		}
		if sess == nil || !sess.boardStream(st, t) {
			_, _ = st.send([]*Message{v09Phrases.close})
			st.finish()
		}
	})
}

// serveWebSocket accepts a WebSocket, of whatever draft.
func (r *v09Request) serveWebSocket(sess *Session, t Transport) {
	h := &r.ctx.Request.Header
	begin := func(ws *websocket, ahead []byte) {
		if sess == nil || !sess.boardWebSocket(ws, t) {
			_, _ = ws.conn.Write(v09Phrases.close.as(ws.variant).wire)
			ws.abandon()
			return
		}
		ws.read(ahead)
	}
	owner := sess
	if owner == nil {
		owner = &Session{server: r.server}
	}
	switch string(h.Peek("Sec-Websocket-Version")) {
	case "":
		r.server.acceptHixie(r.ctx, r.client, owner, begin)
		return
	case "7": // the same frames as the standard; the library knows only the final number
		h.Set("Sec-Websocket-Version", "13")
	}
	r.server.accept(r.ctx, owner, begin)
}
