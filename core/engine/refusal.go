package engine

import (
	"bytes"
	"strconv"

	"github.com/valyala/fasthttp"
)

// refusal is why a request does not reach a session. Source: the codes and texts of Engine.IO's
// Server.errors; clients and their operators know them.
type refusal struct {
	status  int
	code    int
	message string
}

var (
	transportUnknown   = &refusal{fasthttp.StatusBadRequest, 0, "Transport unknown"}
	sessionUnknown     = &refusal{fasthttp.StatusBadRequest, 1, "Session ID unknown"}
	badHandshakeMethod = &refusal{fasthttp.StatusBadRequest, 2, "Bad handshake method"}
	badRequest         = &refusal{fasthttp.StatusBadRequest, 3, "Bad request"}
	forbidden          = &refusal{fasthttp.StatusForbidden, 4, "Forbidden"}
	protocolVersion    = &refusal{fasthttp.StatusBadRequest, 5, "Unsupported protocol version"}
	// full and leaving are not in the reference; clients come back after any status but 200.
	full    = &refusal{fasthttp.StatusServiceUnavailable, 3, "Too many sessions"}
	leaving = &refusal{fasthttp.StatusServiceUnavailable, 3, "Shutting down"}
)

// write answers the request: as JSON, or for an upgrade as text on a connection that is closed.
func (r *refusal) write(ctx *fasthttp.RequestCtx, upgrade bool) {
	if r.status == fasthttp.StatusServiceUnavailable {
		ctx.Response.Header.Set("Retry-After", "1")
	}
	if upgrade {
		refuseUpgrade(ctx, r.status, r.message)
		return
	}
	ctx.SetStatusCode(r.status)
	ctx.Response.Header.SetContentType("application/json")
	ctx.SetBodyString(`{"code":` + strconv.Itoa(r.code) + `,"message":"` + r.message + `"}`)
}

// refuseUpgrade answers an upgrade request that is not granted.
func refuseUpgrade(ctx *fasthttp.RequestCtx, status int, message string) {
	ctx.SetStatusCode(status)
	ctx.Response.Header.SetContentType("text/html")
	ctx.SetConnectionClose()
	ctx.SetBodyString(message)
}

// empty answers with a status and nothing else.
func empty(ctx *fasthttp.RequestCtx, status int) {
	ctx.SetStatusCode(status)
	ctx.Response.Header.Set("Content-Length", "0")
}

// isLegacyIE reports whether the browser is one that breaks on its own script filter.
func isLegacyIE(agent []byte) bool {
	return bytes.Contains(agent, []byte(";MSIE")) || bytes.Contains(agent, []byte("; MSIE")) || bytes.Contains(agent, []byte("Trident/"))
}
