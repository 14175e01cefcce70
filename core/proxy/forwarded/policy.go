package forwarded

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/valyala/fasthttp"
)

// localPeer is the address given to a peer on a Unix socket: it is on this machine, and Rack and
// WSGI apps expect an address they can parse.
var localPeer = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// DefaultTrusted returns the networks trusted when nothing is configured: loopback, link-local and
// the private ranges.
//
// Source: RFC 1918, RFC 3927, RFC 4193, RFC 4291 (2.5.3, 2.5.6), RFC 6598.
func DefaultTrusted() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("169.254.0.0/16"),
		netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("fc00::/7"),
		netip.MustParsePrefix("fe80::/10"),
	}
}

// Policy says which peers are proxies whose word about the client is taken.
//
// A nil Trusted means DefaultTrusted, an empty one nobody. A Policy is set up once and then used
// from any number of goroutines; it must not be copied after its first use.
type Policy struct {
	Trusted []netip.Prefix
	// Logger gets one warning, for the first claim that was not believed. Nil: slog.Default.
	Logger *slog.Logger

	warned atomic.Bool
}

// Client is what may be believed about the sender of one request. It holds copies and outlives the
// request.
type Client struct {
	Address string // of the client itself: "203.0.113.7", "2001:db8::1"; never with a port or zone
	Peer    string // of the direct peer, which is the client or the last proxy before us
	Secure  bool   // the client's own connection was TLS, as far as is known
	Host    string // as the client wrote it: "example.org", "example.org:8443", "[::1]:80"; may be empty
	Trusted bool   // the peer is a trusted proxy, or on a Unix socket
}

// defaultTrusted is computed once; it is never changed.
var defaultTrusted = DefaultTrusted()

// Trusts reports whether addr is in a trusted network. IPv4-mapped IPv6 addresses count as IPv4.
func (p *Policy) Trusts(addr netip.Addr) bool {
	trusted := p.Trusted
	if trusted == nil {
		trusted = defaultTrusted
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(trusted, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// Resolve tells who sent the request ctx holds. It may be called from any goroutine that owns ctx.
func (p *Policy) Resolve(ctx *fasthttp.RequestCtx) Client {
	peer, onSocket := peerAddress(ctx.RemoteAddr())
	c := Client{
		Peer:    peer.String(),
		Secure:  ctx.IsTLS(),
		Host:    string(requestHost(ctx)),
		Trusted: onSocket || p.Trusts(peer),
	}
	c.Address = c.Peer
	h := &ctx.Request.Header
	if !c.Trusted {
		p.warnOnce(h, c.Peer)
		return c
	}
	p.believe(&c, peer, h)
	return c
}

// believe overwrites in c what a trusted peer says of its client.
func (p *Policy) believe(c *Client, peer netip.Addr, h *fasthttp.RequestHeader) {
	hops := 0
	switch {
	case len(h.Peek("X-Forwarded-For")) > 0:
		var addr netip.Addr
		addr, hops = p.rightmostUntrusted(peer, list(h, "X-Forwarded-For"))
		c.Address = addr.String()
	case len(h.Peek("Forwarded")) > 0:
		p.believeForwarded(c, peer, h)
	default:
		if addr, ok := parseAddress(string(h.Peek("X-Real-Ip"))); ok {
			c.Address = addr.String()
		}
	}
	if proto := pick(list(h, "X-Forwarded-Proto"), hops); proto != "" {
		c.Secure = secureScheme(proto)
	}
	if host := pick(list(h, "X-Forwarded-Host"), hops); host != "" {
		c.Host = withPort(host, pick(list(h, "X-Forwarded-Port"), hops), c.Secure)
	}
}

// believeForwarded is believe for the standard header, whose element for the client carries the
// scheme and host too.
func (p *Policy) believeForwarded(c *Client, peer netip.Addr, h *fasthttp.RequestHeader) {
	elements := parseForwarded(h)
	fors := make([]string, len(elements))
	for i, e := range elements {
		fors[i] = e.by("for")
	}
	addr, hops := p.rightmostUntrusted(peer, fors)
	c.Address = addr.String()
	e := elements[len(elements)-1-min(hops, len(elements)-1)]
	if proto := e.by("proto"); proto != "" {
		c.Secure = secureScheme(proto)
	}
	if host := e.by("host"); host != "" {
		c.Host = host
	}
}

// rightmostUntrusted walks a chain of addresses from the nearest to the farthest and stops at the
// first that is no trusted proxy: everything beyond was written by someone we do not know. It
// returns that address (peer if there is none to be read) and its index from the right.
func (p *Policy) rightmostUntrusted(peer netip.Addr, chain []string) (netip.Addr, int) {
	found, hops := peer, 0
	for i := len(chain) - 1; i >= 0; i-- {
		addr, ok := parseAddress(chain[i])
		if !ok {
			break
		}
		found, hops = addr, len(chain)-1-i
		if !p.Trusts(addr) {
			break
		}
	}
	return found, hops
}

// warnOnce logs the first claim of an untrusted peer: behind a load balancer with a public address
// every client would seem to be that balancer, and nobody would know why.
func (p *Policy) warnOnce(h *fasthttp.RequestHeader, peer string) {
	if p.warned.Load() {
		return
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Forwarded-Proto", "X-Real-Ip"} {
		if len(h.Peek(name)) == 0 {
			continue
		}
		if p.warned.CompareAndSwap(false, true) {
			p.logger().Warn("forwarded header ignored: its sender is not a trusted proxy",
				"header", name, "peer", peer,
				"fix", "if "+peer+" is your load balancer, add it to trusted_proxies")
		}
		return
	}
}

func (p *Policy) logger() *slog.Logger {
	if p.Logger != nil {
		return p.Logger
	}
	return slog.Default()
}

// peerAddress returns the peer's address without port and zone, and whether it is on a Unix socket.
func peerAddress(a net.Addr) (addr netip.Addr, onSocket bool) {
	switch a := a.(type) {
	case *net.UnixAddr:
		return localPeer, true
	case *net.TCPAddr:
		if addr, ok := netip.AddrFromSlice(a.IP); ok {
			return addr.Unmap(), false
		}
	}
	if ap, err := netip.ParseAddrPort(a.String()); err == nil {
		return ap.Addr().Unmap().WithZone(""), false
	}
	return netip.IPv4Unspecified(), false
}

// requestHost returns the host the client asked for: the authority of an absolute-form target wins
// over the Host header (RFC 9112 3.2.2).
func requestHost(ctx *fasthttp.RequestCtx) []byte {
	target := ctx.Request.Header.RequestURI()
	if len(target) > 0 && target[0] != '/' && target[0] != '*' {
		return ctx.URI().Host()
	}
	return ctx.Request.Header.Host()
}
