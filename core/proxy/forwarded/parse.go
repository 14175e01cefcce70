package forwarded

import (
	"net"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"
)

// list returns the comma-separated values of every line of one header, in order, trimmed.
func list(h *fasthttp.RequestHeader, name string) []string {
	var values []string
	for _, line := range h.PeekAll(name) {
		for v := range strings.SplitSeq(string(line), ",") {
			values = append(values, strings.TrimSpace(v))
		}
	}
	return values
}

// pick returns the value that belongs to the hop counted from the right. Proxies that replace a
// header instead of appending to it leave a shorter list: then the leftmost value is the one.
func pick(values []string, hops int) string {
	if len(values) == 0 {
		return ""
	}
	return values[max(0, len(values)-1-hops)]
}

// parseAddress reads an address as proxies write it: "203.0.113.7", "203.0.113.7:5123",
// "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5123". "unknown" and obfuscated names are not
// addresses.
func parseAddress(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

func secureScheme(s string) bool {
	return strings.EqualFold(s, "https") || strings.EqualFold(s, "wss")
}

// withPort adds the port a proxy named separately, unless host has one or it is the scheme's own.
func withPort(host, port string, secure bool) string {
	if port == "" || (secure && port == "443") || (!secure && port == "80") {
		return host
	}
	for _, c := range []byte(port) {
		if c < '0' || c > '9' {
			return host
		}
	}
	if strings.HasSuffix(host, "]") {
		return host + ":" + port
	}
	if _, _, err := net.SplitHostPort(host); err == nil || strings.Contains(host, ":") {
		return host
	}
	return host + ":" + port
}

// element is one hop of a Forwarded header: pairs of lower-case name and unquoted value.
type element []struct{ name, value string }

// by returns the value of a parameter, or "".
func (e element) by(name string) string {
	for _, pair := range e {
		if pair.name == name {
			return pair.value
		}
	}
	return ""
}

// parseForwarded returns the elements of all Forwarded lines in order; at least one.
//
// Shape: for=192.0.2.60;proto=https;host="a.example", for="[2001:db8::1]:4711".
// Source: RFC 7239 section 4.
func parseForwarded(h *fasthttp.RequestHeader) []element {
	var elements []element
	for _, line := range h.PeekAll("Forwarded") {
		for _, part := range splitUnquoted(string(line), ',') {
			var e element
			for _, pair := range splitUnquoted(part, ';') {
				name, value, _ := strings.Cut(pair, "=")
				e = append(e, struct{ name, value string }{
					strings.ToLower(strings.TrimSpace(name)), unquote(strings.TrimSpace(value)),
				})
			}
			elements = append(elements, e)
		}
	}
	return elements
}

// splitUnquoted splits s at sep, but not inside a quoted string.
func splitUnquoted(s string, sep byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// unquote returns the content of a quoted string, or s itself if it is a token.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return strings.ReplaceAll(s[1:len(s)-1], `\`, "")
}
