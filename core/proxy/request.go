package proxy

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/proxy/forwarded"
)

// field is one header line; the slices alias the request.
type field struct {
	name, value []byte
	plain       string // the name, if it is one that always travels; see plainNames
}

// head is the client's request head, sorted out. It is pooled; nothing of it outlives build.
type head struct {
	fields     []field
	connection []byte // the values of all Connection lines, joined
	listing    bool   // connection lists more than the usual single word
	upgrade    []byte // the protocol asked for, if any
	chunked    bool
	length     bool // has Content-Length
	text       []byte
	ends       []int
}

var heads = sync.Pool{New: func() any { return new(head) }}

// maxPooledText keeps one request with a huge head from staying in memory for good.
const maxPooledText = 64 << 10

func (h *head) release() {
	clear(h.fields[:cap(h.fields)])
	h.fields, h.connection, h.upgrade, h.ends = h.fields[:0], h.connection[:0], nil, h.ends[:0]
	h.chunked, h.length, h.listing = false, false, false
	if cap(h.text) <= maxPooledText {
		heads.Put(h)
	}
}

// readHead collects the header lines in the order they came in. It reads the raw lines, because
// fasthttp's own view takes cookies apart and joins them again.
func readHead(r *fasthttp.RequestHeader) *head {
	h := heads.Get().(*head)
	for name, value := range r.AllInOrder() {
		switch string(name) {
		case "Connection":
			if len(h.connection) > 0 {
				h.connection = append(h.connection, ',')
			}
			h.connection = append(h.connection, value...)
		case "Upgrade":
			h.upgrade = value
		case "Transfer-Encoding":
			h.chunked = true
		case "Content-Length":
			h.length = true
		}
		h.fields = append(h.fields, field{name, bytes.TrimRight(value, " \t"), plainNames[string(name)]})
	}
	h.listing = len(h.connection) > 0 && string(h.connection) != "keep-alive" && string(h.connection) != "close"
	return h
}

// wantsUpgrade reports whether the client asks for a tunnel we offer: anything but HTTP/2, which
// would let the client speak to the app past every rule here, and never with a body.
func (h *head) wantsUpgrade(r *fasthttp.RequestHeader) bool {
	return len(h.upgrade) > 0 && r.IsHTTP11() && !h.chunked && r.ContentLength() <= 0 &&
		forwarded.Lists(h.connection, []byte("upgrade")) && !bytes.Contains(bytes.ToLower(h.upgrade), []byte("h2c"))
}

// valid reports whether net/http takes the names as they are.
func (h *head) valid() bool {
	for _, f := range h.fields {
		if f.plain != "" {
			continue
		}
		for _, c := range f.name {
			if c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
				return false
			}
		}
	}
	return true
}

// sender is what the headers we add say about the client.
type sender struct {
	peer    string
	trusted bool
	secure  bool
	host    []byte
}

// header returns the headers for the app.
//
// All values are slices of one string and all lists slices of one slice, so the cost is four
// allocations whatever the number of headers.
func (h *head) header(from sender, upgrade bool) http.Header {
	h.text, h.ends = h.text[:0], h.ends[:0]
	chain := -1 // the first X-Forwarded-For line
	keep := h.fields[:0]
	for _, f := range h.fields {
		if f.plain != "" && !h.listing {
			keep = append(keep, f)
			continue
		}
		if skipped(f.name, h.connection, from.trusted) {
			continue
		}
		if string(f.name) == "X-Forwarded-For" {
			if chain >= 0 {
				keep[chain].value = append(append(bytes.Clone(keep[chain].value), ", "...), f.value...)
				continue
			}
			chain = len(keep)
		}
		keep = append(keep, f)
	}
	h.fields = keep
	keep = h.addForwarded(keep, chain, from, upgrade)

	for _, f := range keep {
		h.text = append(h.text, f.value...)
		h.ends = append(h.ends, len(h.text))
	}
	text, values := string(h.text), make([]string, len(keep))
	out := make(http.Header, len(keep)+1)
	// net/http would put its own name in if there was none.
	out["User-Agent"] = nil
	start := 0
	for i, f := range keep {
		values[i] = text[start:h.ends[i]]
		start = h.ends[i]
		name := f.plain
		if name == "" {
			name = canonical(f.name)
		}
		if have := out[name]; have != nil {
			out[name] = append(have, values[i])
			continue
		}
		out[name] = values[i : i+1 : i+1]
	}
	h.fields = keep
	return out
}

// skipped reports whether a line of the client's head stays here.
func skipped(name, connection []byte, trusted bool) bool {
	switch string(name) {
	case "Host", "Content-Length", "Expect": // net/http writes the first two; fasthttp answered the third
		return true
	case "Upgrade", "Connection":
		return true // put back by addForwarded for an upgrade
	}
	return forwarded.Drop(name, connection) || (!trusted && forwarded.IsClaim(name))
}

// addForwarded adds what we know of the client, after what a trusted proxy before us said.
func (h *head) addForwarded(fields []field, chain int, from sender, upgrade bool) []field {
	if chain >= 0 {
		v := bytes.Clone(fields[chain].value)
		fields[chain].value = append(append(v, ", "...), from.peer...)
	} else {
		fields = append(fields, field{value: []byte(from.peer), plain: "X-Forwarded-For"})
	}
	var proto, host, start bool
	for _, f := range fields {
		switch string(f.name) {
		case "X-Forwarded-Proto":
			proto = true
		case "X-Forwarded-Host":
			host = true
		case "X-Request-Start":
			start = true
		}
	}
	if !proto {
		fields = append(fields, field{value: schemeName(from.secure), plain: "X-Forwarded-Proto"})
	}
	if !host && len(from.host) > 0 {
		fields = append(fields, field{value: from.host, plain: "X-Forwarded-Host"})
	}
	if !start {
		fields = append(fields, field{value: requestStart(time.Now()), plain: "X-Request-Start"})
	}
	if upgrade {
		fields = append(fields, field{value: []byte("Upgrade"), plain: "Connection"}, field{value: h.upgrade, plain: "Upgrade"})
	}
	return fields
}

var (
	schemeHTTP  = []byte("http")
	schemeHTTPS = []byte("https")
)

func schemeName(secure bool) []byte {
	if secure {
		return schemeHTTPS
	}
	return schemeHTTP
}

// requestStart is the time in the form monitoring agents read queue times from: "t=1700000000.123",
// in seconds.
func requestStart(now time.Time) []byte {
	ms := now.UnixMilli()
	b := strconv.AppendInt(append(make([]byte, 0, 18), "t="...), ms/1000, 10)
	b = append(b, '.')
	return append(b, byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10))
}

// canonical returns the name in the form net/http's own header names have, which is how fasthttp
// normalises too.
func canonical(name []byte) string {
	switch string(name) {
	case "X-Forwarded-For":
		return "X-Forwarded-For"
	case "X-Forwarded-Proto":
		return "X-Forwarded-Proto"
	case "X-Forwarded-Host":
		return "X-Forwarded-Host"
	}
	return http.CanonicalHeaderKey(string(name))
}

// plainNames are common headers that are neither hop-by-hop nor a claim. They need no checks, unless
// Connection lists them, and their names no allocation: a request of a browser has little else.
var plainNames = func() map[string]string {
	m := map[string]string{}
	for _, s := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Type",
		"Content-Encoding", "Cookie", "Dnt", "If-Match", "If-Modified-Since", "If-None-Match",
		"If-Unmodified-Since", "Origin", "Pragma", "Priority", "Range", "Referer", "Sec-Ch-Ua",
		"Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site",
		"Sec-Fetch-User", "Sec-Websocket-Extensions", "Sec-Websocket-Key", "Sec-Websocket-Protocol",
		"Sec-Websocket-Version", "Traceparent", "Turbo-Frame", "Upgrade-Insecure-Requests",
		"User-Agent", "X-Csrf-Token", "X-Csrftoken", "X-Request-Id", "X-Requested-With",
	} {
		m[s] = s
	}
	return m
}()

// method returns the method as a string; the common ones cost no allocation.
func method(m []byte) string {
	switch string(m) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "HEAD":
		return "HEAD"
	case "PUT":
		return "PUT"
	case "PATCH":
		return "PATCH"
	case "DELETE":
		return "DELETE"
	}
	return string(m)
}

// attach gives req the client's body: a copy when it is small, a loan otherwise, which is returned.
func (p *Proxy) attach(req *http.Request, ctx *fasthttp.RequestCtx) (*requestBody, error) {
	length := ctx.Request.Header.ContentLength()
	if !ctx.Request.IsBodyStream() {
		if body := bytes.Clone(ctx.Request.Body()); len(body) > 0 {
			req.ContentLength, req.GetBody = int64(len(body)), repeatable(body)
		}
		return nil, nil
	}
	if length >= 0 && length <= smallBody {
		body, err := copyBody(ctx, length, p.cfg.BodyIdleTimeout)
		if err == nil && length > 0 {
			req.ContentLength, req.GetBody = int64(length), repeatable(body)
		}
		return nil, err
	}
	b := newRequestBody(ctx, p.cfg.BodyIdleTimeout, p.cfg.MaxRequestBody)
	req.ContentLength = int64(max(length, -1))
	req.GetBody = nil
	req.Body = b
	return b, nil
}

// rewind makes req ready for the next attempt.
func rewind(req *http.Request) {
	if req.GetBody == nil {
		return
	}
	var body io.ReadCloser
	body, _ = req.GetBody() // repeatable never fails
	req.Body = body
}
