package server

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"realtime/core/server/clientjs"
)

// For how long a file may be kept: asked about again each time, as the reference server says, unless
// its name says which version it is.
const (
	cacheChecked = "public, max-age=0"
	cacheKept    = "public, max-age=31536000, immutable"
)

// servedVersions is what client_version and names may say, for texts.
const servedVersions = "0.9, 1, 2, 3 and 4"

// serveClient answers a request for a file of an official client, or for ours beside them; name is the
// path behind Socket.IO's. It reports false for other names, which are the engine's. Source: the
// reference servers' serveClient and its headers; 0.9's lib/static.js.
func (s *Server) serveClient(ctx *fasthttp.RequestCtx, name string) bool {
	if !s.options.ServeClient || !ctx.IsGet() && !ctx.IsHead() {
		return false
	}
	if name == clientjs.CompanionName {
		s.allowOrigin(ctx)
		s.answerFile(ctx, s.companion.File, s.companion.Tag, cacheChecked)
		return true
	}
	wanted, ok := clientjs.ParseName(name)
	if !ok {
		return false
	}
	s.allowOrigin(ctx)
	if name == clientjs.InsecureFlash && !slices.Contains(s.options.Origins, "*") {
		plain(ctx, fasthttp.StatusNotFound, "obeys the pages of every site, so it is served with origins: [\"*\"] only")
		return true
	}
	s.answerOfficial(ctx, wanted)
	return true
}

// answerOfficial answers with what a name asks for, or says that there is no such client, or that the
// client has no such file.
func (s *Server) answerOfficial(ctx *fasthttp.RequestCtx, wanted clientjs.Name) {
	bare := wanted.Version == ""
	if bare {
		wanted.Version = string(ctx.QueryArgs().Peek("client"))
	}
	generation, ok := s.generation(wanted.Version)
	if !ok {
		plain(ctx, fasthttp.StatusNotFound, "no such version is served here: "+servedVersions+" are")
		return
	}
	file, err := s.clients.Open(wanted, generation)
	if err != nil {
		plain(ctx, fasthttp.StatusNotFound, err.Error())
		return
	}
	cache := cacheChecked
	if wanted.Lasts(generation, file.Version) {
		cache = cacheKept
	}
	if bare && wanted.Version != "" && file.Map != "" {
		// The file's own comment names the map relative to it, which is another generation's.
		ctx.Response.Header.Set("SourceMap", file.Version+"/"+file.Map)
	}
	s.answerFile(ctx, file, file.Version, cache)
}

// generation is which client a version means; without one the option client_version says.
func (s *Server) generation(version string) (clientjs.Generation, bool) {
	version = cmp.Or(version, s.options.ClientVersion)
	if version == "" {
		return clientjs.Newest, true
	}
	return clientjs.ParseGeneration(version)
}

// answerFile answers with a file, compressed if the client takes that, or says that the client has it.
func (s *Server) answerFile(ctx *fasthttp.RequestCtx, file clientjs.File, version, cache string) {
	h := &ctx.Response.Header
	etag := `"` + version + `"`
	h.Set("ETag", etag)
	h.Set("Cache-Control", cache)
	h.Add("Vary", "Accept-Encoding")
	if matches(string(ctx.Request.Header.Peek("If-None-Match")), etag) {
		ctx.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	ctx.SetContentType(file.Type)
	if file.Gzip != nil && takesGzip(string(ctx.Request.Header.Peek("Accept-Encoding"))) {
		h.SetContentEncoding("gzip")
		ctx.SetBody(file.Gzip)
		return
	}
	body, err := file.Reader()
	if err != nil {
		s.log.Error("a file of the client is broken", "file", string(ctx.Path()), "err", err)
		ctx.Response.Reset()
		plain(ctx, fasthttp.StatusInternalServerError, "this file is broken on the server")
		return
	}
	ctx.SetBodyStream(body, file.Size)
}

// takesGzip reports whether an Accept-Encoding allows gzip; "q=0" forbids it (RFC 9110 12.5.3). Whoever
// takes deflate takes gzip too, and brotli would save a tenth of files that are fetched once.
func takesGzip(header string) bool {
	others := false
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.ToLower(part), ";")
		key, value, _ := strings.Cut(weight, "=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		allowed := strings.TrimSpace(key) != "q" || err == nil && quality > 0
		switch strings.TrimSpace(coding) {
		case "gzip", "x-gzip":
			return allowed
		case "*":
			others = allowed
		}
	}
	return others
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
