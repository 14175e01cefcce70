package server

import (
	"bytes"
	"runtime/debug"

	"github.com/valyala/fasthttp"

	"realtime/core/proxy"
)

// handle is the handler of every request of a client.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	defer s.recoverRequest(ctx)
	target := ctx.Request.Header.RequestURI() // as it was sent; see doc.go
	if bytes.HasPrefix(target, []byte(s.options.Path)) {
		defer proxy.CloseUnread(ctx)
		name, _, _ := bytes.Cut(target[len(s.options.Path):], []byte{'?'})
		switch {
		case s.serveClient(ctx, string(name)):
		case s.asksMissed(ctx, string(name)):
			s.answerMissed(ctx)
		default:
			s.engine.Handle(ctx, string(name))
		}
		return
	}
	path, _, _ := bytes.Cut(target, []byte{'?'})
	switch {
	case s.options.HealthPath != "" && string(path) == s.options.HealthPath:
		defer proxy.CloseUnread(ctx)
		s.answerReady(ctx)
	case s.proxy != nil:
		s.proxy.Handle(ctx)
	default:
		defer proxy.CloseUnread(ctx)
		plain(ctx, fasthttp.StatusNotFound, "not found: only Socket.IO is served here, no upstream is configured")
	}
}

// recoverRequest turns a panic into an answer: a fault of ours must cost one request at most. The state
// of the connection is not known then, so it is closed.
func (s *Server) recoverRequest(ctx *fasthttp.RequestCtx) {
	v := recover()
	if v == nil {
		return
	}
	s.log.Error("panic in a request", "panic", v, "method", string(ctx.Method()), "stack", string(debug.Stack()))
	ctx.Response.Reset()
	plain(ctx, fasthttp.StatusInternalServerError, "internal error")
	ctx.SetConnectionClose()
}

// plain answers with a line of text.
func plain(ctx *fasthttp.RequestCtx, status int, text string) {
	ctx.SetStatusCode(status)
	ctx.SetContentType("text/plain; charset=utf-8")
	ctx.SetBodyString(text + "\n")
}
