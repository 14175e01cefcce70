package forwarded

import "bytes"

// hopByHop are the headers that concern one connection only.
//
// Source: RFC 9110 7.6.1; Proxy-Connection and HTTP2-Settings are in the wild (RFC 7540 3.2.1).
var hopByHop = [][]byte{
	[]byte("Connection"),
	[]byte("Keep-Alive"),
	[]byte("Proxy-Connection"),
	[]byte("Proxy-Authenticate"),
	[]byte("Proxy-Authorization"),
	[]byte("TE"),
	[]byte("Trailer"),
	[]byte("Transfer-Encoding"),
	[]byte("Upgrade"),
	[]byte("HTTP2-Settings"),
}

// claims are the headers by which a proxy tells about its client, beside those that begin with
// X-Forwarded-. Apps and their gems read them, so nobody else may send them.
var claims = [][]byte{
	[]byte("Forwarded"),
	[]byte("X-Real-Ip"),
	[]byte("Client-Ip"),
	[]byte("X-Client-Ip"),
	[]byte("X-Cluster-Client-Ip"),
	[]byte("True-Client-Ip"),
	[]byte("Cf-Connecting-Ip"),
	[]byte("Front-End-Https"),
	[]byte("X-Url-Scheme"),
	[]byte("X-Request-Start"),
}

var claimPrefix = []byte("X-Forwarded-")

// HopByHop reports whether the header name concerns one connection only: by its own nature, or
// because connection, the joined values of all Connection lines of the message, lists it.
//
// Case does not matter. Nothing is kept of the arguments.
func HopByHop(name, connection []byte) bool {
	for _, h := range hopByHop {
		if len(h) == len(name) && bytes.EqualFold(h, name) {
			return true
		}
	}
	return Lists(connection, name)
}

// Drop reports whether a request header must not reach the app: hop-by-hop names, and names with an
// underscore, which Rack and WSGI cannot tell from the same name with a dash (X_Forwarded_For would
// pass for X-Forwarded-For). An empty name is dropped too.
func Drop(name, connection []byte) bool {
	return len(name) == 0 || bytes.IndexByte(name, '_') >= 0 || HopByHop(name, connection)
}

// IsClaim reports whether a request header tells about the client in a proxy's name; from a peer
// that is not trusted it must not reach the app.
func IsClaim(name []byte) bool {
	if len(name) >= len(claimPrefix) && bytes.EqualFold(name[:len(claimPrefix)], claimPrefix) {
		return true
	}
	for _, h := range claims {
		if len(h) == len(name) && bytes.EqualFold(h, name) {
			return true
		}
	}
	return false
}

// Lists reports whether a comma-separated header value has the token, whatever its case.
func Lists(value, token []byte) bool {
	for len(value) > 0 {
		var entry []byte
		entry, value, _ = bytes.Cut(value, []byte{','})
		if entry = bytes.TrimSpace(entry); len(entry) == len(token) && bytes.EqualFold(entry, token) {
			return true
		}
	}
	return false
}
