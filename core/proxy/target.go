package proxy

import (
	"errors"
	"net/url"
	"strings"
)

var errTarget = errors.New("request target cannot be passed on exactly")

// upstreamURL returns the URL whose request target, as net/http writes it, is exactly the client's.
//
// Shape: origin form "/a?b" travels as an opaque URL, byte for byte, whatever its escapes. Only for
// targets that begin with "//" net/http would write a scheme before an opaque URL, so those are
// parsed, and refused when they would not come out as they went in. Of an absolute form only what
// follows the authority travels (RFC 9112 3.2.2); the authority is the Host. "*" is for OPTIONS.
func upstreamURL(u *url.URL, host, method, target string) error {
	*u = url.URL{Scheme: "http", Host: host}
	switch {
	case strings.HasPrefix(target, "//"):
		parsed, err := url.ParseRequestURI(target)
		if err != nil || parsed.Host != "" || parsed.RequestURI() != target {
			return errTarget
		}
		u.Path, u.RawPath = parsed.Path, parsed.RawPath
		u.RawQuery, u.ForceQuery = parsed.RawQuery, parsed.ForceQuery
		return nil
	case strings.HasPrefix(target, "/"), target == "*" && method == "OPTIONS":
		u.Opaque = target
		return nil
	}
	rest, ok := cutAuthority(target)
	if !ok {
		return errTarget
	}
	return upstreamURL(u, host, method, rest)
}

// cutAuthority returns the origin form of an absolute-form target of HTTP.
func cutAuthority(target string) (string, bool) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || (!strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https")) {
		return "", false
	}
	authority, rest := rest, ""
	if i := strings.IndexAny(authority, "/?"); i >= 0 {
		authority, rest = authority[:i], authority[i:]
	}
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	// User information has no place in a request (RFC 9110 4.2.4).
	return rest, authority != "" && !strings.Contains(authority, "@")
}

// validHost reports whether net/http passes the host on unchanged: ASCII without anything that has
// no place in an authority.
func validHost(host []byte) bool {
	for _, c := range host {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("-._~:[]!$&'()*+,;=", c) >= 0:
		default:
			return false
		}
	}
	return true
}
