package proxy

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// Limits ConfigureServer sets.
const (
	// maxRequestHead is fasthttp's read buffer, which the whole head must fit in: four full cookies
	// and the rest.
	maxRequestHead = 16 << 10
	// headTimeout is for one request's head and a small body; larger bodies have their own deadline.
	headTimeout = 30 * time.Second
	// idleTimeout is above the 60 s of the common load balancers, so that they close first and never
	// send a request into a closing connection.
	idleTimeout = 75 * time.Second
)

// ConfigureServer sets what the proxy relies on. Handler, ExpectHandler (Proxy.Expect) and whatever is
// not named here stay the caller's. log gets what fasthttp has to say; nil: slog.Default.
func ConfigureServer(s *fasthttp.Server, log *slog.Logger) {
	if log == nil {
		log = slog.Default()
	}
	// Bodies are streamed, never held. fasthttp's limit then only says how much of a body of known
	// length it waits for before it calls the handler: one byte, as little as it can be told, or an
	// app could not refuse an upload before 8 KiB of it have come. Handlers count bytes themselves.
	// Multipart bodies are bytes like any other.
	s.StreamRequestBody = true
	s.MaxRequestBodySize = 1
	s.DisablePreParseMultipartForm = true

	// What the app says is what the client gets.
	s.NoDefaultServerHeader = true
	s.NoDefaultDate = true
	s.NoDefaultContentType = true

	// Header names must be normalised: the rules here and the WebSocket handshake look them up.
	s.DisableHeaderNamesNormalizing = false

	// Tunnels and parked connections outlive their hijack handler by Conn.Keep, so that fasthttp can use
	// its read buffers again.
	s.KeepHijackedConns = false

	// ReadTimeout is absolute per request, so it may cover the head only; the proxy sets a deadline
	// for each read of a body, WrapListener one for each write.
	s.ReadTimeout = headTimeout
	s.WriteTimeout = 0
	s.IdleTimeout = idleTimeout
	s.ReadBufferSize = maxRequestHead

	// Requests hold passwords and cookies: logs never show their bytes.
	s.SecureErrorLogMessage = true
	s.Logger = serverLog{log}
	s.ErrorHandler = serverError
	s.CloseOnShutdown = true

	// It would wrap connections so that their descriptor cannot be reached.
	s.MaxConnsPerIP = 0
}

// serverLog takes fasthttp's lines. They concern single connections, so they are for debugging.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Printf(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }

// serverError answers a request fasthttp could not read; it closes the connection after.
func serverError(ctx *fasthttp.RequestCtx, err error) {
	status := fasthttp.StatusBadRequest
	var tooBig *fasthttp.ErrSmallBuffer
	var netErr net.Error
	switch {
	case errors.As(err, &tooBig):
		status = fasthttp.StatusRequestHeaderFieldsTooLarge
	case errors.As(err, &netErr) && netErr.Timeout():
		status = fasthttp.StatusRequestTimeout
	}
	ctx.SetStatusCode(status)
	ctx.SetContentType("text/plain; charset=utf-8")
	ctx.SetBodyString(fasthttp.StatusMessage(status) + "\n")
}
