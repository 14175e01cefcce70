package engine

import (
	"net"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"

	"realtime/core/proxy/forwarded"
)

// Browsers do not keep a foreign page from polling blindly or from opening a WebSocket with the
// user's cookies, so the server has to look at where a request comes from. A page of the site itself
// may connect, and those of listed origins.

// origins is the list of foreign origins that may connect.
type origins struct {
	any         bool
	development bool
	listed      map[string]bool
}

func newOrigins(list []string, development bool) origins {
	o := origins{development: development, listed: make(map[string]bool)}
	for _, origin := range list {
		if origin == "*" {
			o.any = true
		}
		o.listed[originKey(origin)] = true
	}
	return o
}

// originKey is an origin as it is compared: people write them with a slash at the end.
func originKey(origin string) string {
	origin = strings.ToLower(origin)
	if strings.HasSuffix(origin, "://") {
		return origin
	}
	return strings.TrimSuffix(origin, "/")
}

// judge decides about a request. named is the foreign origin that the answer must name, "" if none has
// to be; from is where a refused request comes from, for the log.
//
// What counts is Origin, else Sec-Fetch-Site, else Referer. Without any of them it is no browser.
func (o *origins) judge(ctx *fasthttp.RequestCtx, client forwarded.Client) (named, from string, ok bool) {
	h := &ctx.Request.Header
	if origin := string(h.Peek("Origin")); origin != "" {
		switch {
		case o.same(origin, client):
			return "", origin, true
		case o.any && !o.listed[originKey(origin)]:
			return "*", origin, true
		}
		return origin, origin, o.allows(origin)
	}
	if origin := string(h.Peek("Sec-Websocket-Origin")); origin != "" { // drafts before RFC 6455
		return "", origin, o.same(origin, client) || o.allows(origin)
	}
	site := string(h.Peek("Sec-Fetch-Site"))
	referer := originOf(string(h.Peek("Referer")))
	switch {
	case site == "same-origin" || site == "none":
		return "", site, true
	case referer != "":
		return "", referer, o.same(referer, client) || o.allows(referer)
	case site != "":
		return "", site, o.any
	}
	return "", "", true
}

// nameless is where a request comes from that does not say so, for the log.
const nameless = "a page that does not say which it is"

// judgeScript is judge for requests that any page can make with the user's cookies and without an Origin:
// those of a <script> or an <iframe>. Such a request must say where it comes from.
func (o *origins) judgeScript(ctx *fasthttp.RequestCtx, client forwarded.Client) (named, from string, ok bool) {
	named, from, ok = o.judge(ctx, client)
	if from == "" {
		return "", nameless, o.any
	}
	return named, from, ok
}

// allows reports whether a foreign origin may connect.
func (o *origins) allows(origin string) bool {
	return o.any || o.listed[originKey(origin)] || (o.development && isLocalhost(origin))
}

// same reports whether an origin is the site the request went to. Schemes are compared only if we know
// ours: behind a proxy that ends TLS without telling, we do not. An origin without a scheme, which no page
// has, is the host that Node's WebSockets up to 1.0 repeat there.
func (o *origins) same(origin string, client forwarded.Client) bool {
	if !strings.Contains(origin, "://") {
		return origin != "" && strings.EqualFold(origin, client.Host)
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if client.Secure && u.Scheme != "https" {
		return false
	}
	return hostPort(u.Host, u.Scheme) == hostPort(client.Host, u.Scheme)
}

// hostPort is a host in lower case with its port, which the scheme may imply.
func hostPort(host, scheme string) string {
	host = strings.ToLower(host)
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), ""
	}
	if (scheme == "http" && port == "80") || (scheme == "https" && port == "443") {
		port = ""
	}
	return name + "|" + port
}

func isLocalhost(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	name := u.Hostname()
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// originOf is the origin of a page's address, or "".
func originOf(page string) string {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// corsHeaders are what an answer to a page of another origin needs. Credentials go only with an origin
// that was named.
func corsHeaders(origin string) []Field {
	switch origin {
	case "":
		return nil
	case "*":
		return []Field{{"Access-Control-Allow-Origin", "*"}}
	}
	return []Field{
		{"Access-Control-Allow-Origin", origin},
		{"Access-Control-Allow-Credentials", "true"},
		{"Vary", "Origin"},
	}
}

// setCORS adds the headers to an answer that fasthttp writes.
func setCORS(ctx *fasthttp.RequestCtx, origin string) {
	for _, f := range corsHeaders(origin) {
		ctx.Response.Header.Set(f.Name, f.Value)
	}
}

// preflight answers the question a browser asks before a request of another origin.
func preflight(ctx *fasthttp.RequestCtx, origin string) {
	setCORS(ctx, origin)
	h := &ctx.Response.Header
	h.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
	if asked := ctx.Request.Header.Peek("Access-Control-Request-Headers"); len(asked) > 0 {
		h.SetBytesV("Access-Control-Allow-Headers", asked)
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Content-Length", "0")
	ctx.SetStatusCode(fasthttp.StatusNoContent)
}
