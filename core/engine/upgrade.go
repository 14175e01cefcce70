package engine

import (
	"net"

	fastws "github.com/fasthttp/websocket"
	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
)

// smallBuffer is for the library's connection, which lives only during the handshake.
const smallBuffer = 256

// upgrader does the handshake of RFC 6455; origins are judged before it.
var upgrader = fastws.FastHTTPUpgrader{
	ReadBufferSize:  smallBuffer,
	WriteBufferSize: smallBuffer,
	CheckOrigin:     func(*fasthttp.RequestCtx) bool { return true },
}

// openWebSocket answers an upgrade request that opens a session.
func (s *Server) openWebSocket(ctx *fasthttp.RequestCtx, d Dialect, hs *Handshake) {
	sess := s.newSession(d, hs, engineio.WebSocket, webSocket)
	s.accept(ctx, sess, func(ws *websocket, ahead []byte) {
		// No session exists before the connection is ours: a handshake may still fail.
		sess.ws = ws
		for _, m := range sess.row.greeting(s, sess) {
			sess.queue.push(ws.fit(m)) // before the floor above can send anything
		}
		s.open(sess)
		ws.read(ahead)
	})
}

// probeWebSocket answers an upgrade request for a session that polls.
func (s *Server) probeWebSocket(ctx *fasthttp.RequestCtx, sess *Session) {
	s.accept(ctx, sess, func(ws *websocket, ahead []byte) {
		if !sess.attach(ws) {
			ws.abandon() // a second one, or too late: the good one is not touched
			return
		}
		ws.read(ahead)
	})
}

// variantOf is what the WebSocket that a request opens must be sent. There may be no row: the WebSocket will
// carry nothing.
func (r *row) variantOf(ctx *fasthttp.RequestCtx) variant {
	if r == nil || r.variant == nil {
		return usual
	}
	return r.variant(ctx)
}

// refuseWebSocket accepts an upgrade request only to close it: what the reference does where the
// handshake is in order but there is nothing to carry.
func (s *Server) refuseWebSocket(ctx *fasthttp.RequestCtx) {
	s.accept(ctx, &Session{server: s}, func(ws *websocket, _ []byte) { ws.abandon() })
}

// accept does the handshake and calls begin with the WebSocket when its connection is ours.
func (s *Server) accept(ctx *fasthttp.RequestCtx, sess *Session, begin func(*websocket, []byte)) {
	h := &ctx.Request.Header
	switch string(h.Peek("Sec-Websocket-Version")) {
	case "13":
	case "8": // the same frames; the library knows only the final number
		h.Set("Sec-Websocket-Version", "13")
	default:
		ctx.Response.Header.Set("Sec-WebSocket-Version", "13, 8")
		refuseUpgrade(ctx, fasthttp.StatusBadRequest, "Sec-WebSocket-Version is not supported")
		return
	}
	v, extensions := s.negotiateDeflate(ctx, sess.row.variantOf(ctx))
	err := upgrader.Upgrade(ctx, func(c *fastws.Conn) {
		s.takeOver(c.NetConn(), sess, func(ws *websocket, ahead []byte) {
			ws.variant, ws.frames.Deflate = v, v == deflated
			begin(ws, ahead)
		})
	})
	switch {
	case err != nil:
		refuseUpgrade(ctx, fasthttp.StatusBadRequest, "Bad request")
	case extensions != "":
		ctx.Response.Header.Set("Sec-WebSocket-Extensions", extensions)
	}
}

func (s *Server) takeOver(c net.Conn, sess *Session, begin func(*websocket, []byte)) {
	raw, ahead, err := unwrap(c)
	if err != nil {
		raw.Close()
		return
	}
	ws := &websocket{session: sess}
	ws.parser = &ws.frames
	s.park(raw, ws, ahead, begin)
}

// park hands the connection of a WebSocket to the poller.
func (s *Server) park(raw net.Conn, ws *websocket, ahead []byte, begin func(*websocket, []byte)) {
	conn, err := s.cfg.Poller.Add(raw, ws)
	if err != nil {
		s.log.Error("a connection could not be parked", "err", err)
		raw.Close()
		return
	}
	ws.conn = conn
	begin(ws, ahead)
}
