package engine

import (
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/proxy/forwarded"
)

// Field is one header or query parameter.
type Field struct{ Name, Value string }

// Handshake is the request that opened a session, as the app may see it. Headers are cleaned as for a
// proxied request: what only concerns one hop is left out, and so is what an untrusted peer says about
// who it speaks for. Duplicates are joined as Node does it.
type Handshake struct {
	Headers []Field // names in lower case
	Query   []Field // in the order sent; of a name that comes twice, the last
	Address string  // the client's, without a port
	URL     string  // path and query as sent
	Time    time.Time
	Secure  bool
}

// noise are headers of the WebSocket handshake that say nothing about the client.
var noise = map[string]bool{
	"sec-websocket-key":        true,
	"sec-websocket-version":    true,
	"sec-websocket-extensions": true,
}

// interned holds the names nearly every handshake has, so that sessions share them.
var interned = func() map[string]string {
	m := make(map[string]string)
	for _, name := range []string{
		"host", "user-agent", "accept", "accept-language", "accept-encoding", "origin", "referer", "cookie",
		"cache-control", "pragma", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-ch-ua",
		"sec-ch-ua-mobile", "sec-ch-ua-platform", "priority", "dnt", "x-forwarded-for", "x-forwarded-proto",
		"x-forwarded-host", "x-forwarded-port", "x-real-ip", "authorization", "sec-websocket-protocol",
		"EIO", "transport", "t",
	} {
		m[name] = name
	}
	return m
}()

// newHandshake copies what is kept of a request.
func newHandshake(ctx *fasthttp.RequestCtx, client forwarded.Client) *Handshake {
	hs := &Handshake{
		Address: client.Address,
		URL:     string(ctx.Request.Header.RequestURI()),
		Secure:  client.Secure,
		Time:    time.Now(),
	}
	hs.Headers = make([]Field, 0, headersToKeep(ctx, client))
	connection := ctx.Request.Header.Peek("Connection")
	for name, value := range ctx.Request.Header.All() {
		if forwarded.Drop(name, connection) || (forwarded.IsClaim(name) && !client.Trusted) {
			continue
		}
		if lower := lowerName(name); !noise[lower] {
			hs.addHeader(lower, value)
		}
	}
	hs.Query = make([]Field, 0, ctx.QueryArgs().Len())
	for name, value := range ctx.QueryArgs().All() {
		hs.addQuery(string(name), string(value))
	}
	return hs
}

func headersToKeep(ctx *fasthttp.RequestCtx, client forwarded.Client) int {
	n := 0
	connection := ctx.Request.Header.Peek("Connection")
	for name := range ctx.Request.Header.All() {
		if !forwarded.Drop(name, connection) && !(forwarded.IsClaim(name) && !client.Trusted) && !noise[lowerName(name)] {
			n++
		}
	}
	return n
}

func lowerName(name []byte) string {
	lower := strings.ToLower(string(name))
	if shared, ok := interned[lower]; ok {
		return shared
	}
	return lower
}

// joinedBy is how Node joins duplicates: cookies like one cookie header, and of headers that can only
// come once the first counts.
func joinedBy(name string) string {
	switch name {
	case "cookie":
		return "; "
	case "authorization", "content-length", "content-type", "from", "host", "if-modified-since",
		"if-unmodified-since", "max-forwards", "proxy-authorization", "referer", "user-agent":
		return ""
	}
	return ", "
}

// param is the value of a query parameter.
func (hs *Handshake) param(name string) (value string, given bool) {
	for i := range hs.Query {
		if hs.Query[i].Name == name {
			return hs.Query[i].Value, true
		}
	}
	return "", false
}

func (hs *Handshake) addHeader(name string, value []byte) {
	for i := range hs.Headers {
		if f := &hs.Headers[i]; f.Name == name {
			if by := joinedBy(name); by != "" {
				f.Value += by + string(value)
			}
			return
		}
	}
	hs.Headers = append(hs.Headers, Field{name, string(value)})
}

func (hs *Handshake) addQuery(name, value string) {
	if shared, ok := interned[name]; ok {
		name = shared
	}
	for i := range hs.Query {
		if hs.Query[i].Name == name {
			hs.Query[i].Value = value
			return
		}
	}
	hs.Query = append(hs.Query, Field{name, value})
}
