package server

import (
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"realtime/core/server/clientjs"
)

// serveClient answers a request for a file of the official client, or for ours beside it. It reports
// false for other names, which are the engine's. Source: the reference server's serveClient and its
// headers.
func (s *Server) serveClient(ctx *fasthttp.RequestCtx, name string) bool {
	ours := name == clientjs.CompanionName
	if !s.options.ServeClient || !ours && !clientjs.IsFile(name) {
		return false
	}
	if !ctx.IsGet() && !ctx.IsHead() {
		return false
	}
	s.allowOrigin(ctx)
	if ours {
		answerFile(ctx, s.companion.File, s.companion.Tag)
		return true
	}
	file, ok := s.client.Open(name)
	if !ok {
		plain(ctx, fasthttp.StatusNotFound, "client bundle not built in: run `make client` and build again")
		return true
	}
	answerFile(ctx, file, s.client.Version())
	return true
}

// answerFile answers with a file, compressed if the client takes that, or says that the client has it.
func answerFile(ctx *fasthttp.RequestCtx, file clientjs.File, version string) {
	h := &ctx.Response.Header
	etag := `"` + version + `"`
	h.Set("ETag", etag)
	h.Set("Cache-Control", "public, max-age=0")
	h.Add("Vary", "Accept-Encoding")
	if matches(string(ctx.Request.Header.Peek("If-None-Match")), etag) {
		ctx.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	ctx.SetContentType(file.Type)
	if file.Gzip != nil && ctx.Request.Header.HasAcceptEncoding("gzip") {
		h.SetContentEncoding("gzip")
		ctx.SetBody(file.Gzip)
		return
	}
	ctx.SetBody(file.Body)
}

// matches reports whether an If-None-Match names a tag; weak ones count too (RFC 9110 13.1.2).
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// allowOrigin lets pages of listed origins load the files as modules.
func (s *Server) allowOrigin(ctx *fasthttp.RequestCtx) {
	origin := string(ctx.Request.Header.Peek("Origin"))
	h := &ctx.Response.Header
	switch {
	case slices.Contains(s.options.Origins, "*"):
		h.Set("Access-Control-Allow-Origin", "*")
	case origin != "" && slices.ContainsFunc(s.options.Origins, func(o string) bool {
		return strings.EqualFold(strings.TrimSuffix(o, "/"), origin)
	}):
		h.Set("Access-Control-Allow-Origin", origin)
		h.Add("Vary", "Origin")
	}
}
