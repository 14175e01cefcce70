package engine

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// coding is how the body of a polling answer is compressed.
type coding uint8

const (
	identity coding = iota
	gzip
	zlib // which HTTP calls deflate

	codings = int(iota)
)

// codingNames are those of RFC 9110 section 8.4.1.
var codingNames = [codings]string{identity: "identity", gzip: "gzip", zlib: "deflate"}

// String is the coding's name in HTTP.
func (c coding) String() string { return codingNames[c] }

// append appends body, compressed.
func (c coding) append(dst, body []byte) []byte {
	switch c {
	case gzip:
		return fasthttp.AppendGzipBytesLevel(dst, body, fasthttp.CompressBestSpeed)
	case zlib:
		return fasthttp.AppendDeflateBytesLevel(dst, body, fasthttp.CompressBestSpeed)
	}
	return append(dst, body...)
}

// acceptedCoding is what a client that sent this Accept-Encoding is answered with: what it likes best of
// gzip, deflate and nothing at all, and of what it likes as much, the first of these. What it does not name
// it takes as it takes "*", if that stands there. Source: RFC 9110 section 12.5.3.
func acceptedCoding(header string) coding {
	var weights [codings]int // in thousandths, one more than what was said; 0: nothing was
	others := 0
	for entry := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(entry, ";")
		name = strings.ToLower(strings.Trim(name, " \t"))
		weight := 1 + weightOf(parameters)
		switch name {
		case "*":
			others = weight
		case "x-gzip":
			weights[gzip] = weight
		default:
			for c := range weights {
				if name == codingNames[c] {
					weights[c] = weight
				}
			}
		}
	}
	best, most := identity, weights[identity]
	for _, c := range [...]coding{zlib, gzip} {
		weight := weights[c]
		if weight == 0 {
			weight = others
		}
		if weight > 1 && weight >= most {
			best, most = c, weight
		}
	}
	return best
}

// weightOf reads ";q=0.5" in thousandths. What is no weight is one: the coding was named.
func weightOf(parameters string) int {
	for p := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.Trim(key, " \t"), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.Trim(value, " \t"), 64)
		if err == nil && q >= 0 && q <= 1 {
			return int(q * 1000)
		}
	}
	return 1000
}

// codingFor is how the answers to a request may be compressed.
func (s *Server) codingFor(h *fasthttp.RequestHeader) coding {
	if s.cfg.NoCompression {
		return identity
	}
	return acceptedCoding(string(bytes.Join(h.PeekAll("Accept-Encoding"), []byte(","))))
}

// compressFrom is the size of a polling answer, in bytes, from which it is compressed.
// Source: Engine.IO's httpCompression.threshold.
const compressFrom = 1024

// compress compresses the body of an answer that a form has made of messages, if it is worth it, and returns
// which coding it has then.
func (c coding) compress(f form, body []byte, messages []*Message) ([]byte, coding) {
	if c == identity || len(body) < compressFrom || !f.compressible() || !anyCompressible(messages) {
		return body, identity
	}
	if len(messages) == 1 {
		return messages[0].compressedBody(body, c), c
	}
	return c.append(nil, body), c
}

func anyCompressible(messages []*Message) bool {
	for _, m := range messages {
		if !m.incompressible {
			return true
		}
	}
	return false
}

// compressedBody is a body made of one message, and what it was compressed to.
type compressedBody struct {
	body, short []byte
	coding      coding
}

// compressedBody compresses a body that is made of this message alone. It is kept with the message, since
// a broadcast is the same body for all who poll alike: several goroutines may each do it once.
func (m *Message) compressedBody(body []byte, c coding) []byte {
	if last := m.answer.Load(); last != nil && last.coding == c && bytes.Equal(last.body, body) {
		return last.short
	}
	if own := m.wire[m.head:]; bytes.Equal(own, body) {
		body = own // so that it is not kept twice
	}
	short := c.append(nil, body)
	m.answer.Store(&compressedBody{body, short, c})
	return short
}
