package proxy

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"

	"github.com/valyala/fasthttp"

	"realtime/core/proxy/forwarded"
)

// Limits of the connections to the app.
const (
	// maxIdleUpstream is more than the threads of any one app machine; idle ones last
	// UpstreamIdleTimeout only.
	maxIdleUpstream = 256
	// maxResponseHead is what an app may send before the body.
	maxResponseHead = 256 << 10
)

// Proxy passes requests to the app. Make one with New, serve with Handle, and keep Run running.
type Proxy struct {
	cfg       Config
	log       *slog.Logger
	policy    *forwarded.Policy
	app       upstreams
	host      string // the Host when an HTTP/1.0 client sent none, and the Transport's pool key
	transport *http.Transport
	root      context.Context // never ends; requests are cancelled one by one
	hold      hold
	tunnels   tunnels
}

// New checks cfg and returns a proxy; it starts nothing. The error names everything that is wrong.
func New(cfg Config) (*Proxy, error) {
	addrs, err := parseUpstreams(cfg.Upstreams)
	if err != nil {
		return nil, err
	}
	holding := cfg.HoldTimeout >= 0
	cfg = cfg.withDefaults()
	p := &Proxy{
		cfg:    cfg,
		log:    cfg.Logger,
		policy: &forwarded.Policy{Trusted: cfg.TrustedProxies, Logger: cfg.Logger},
		app:    upstreams{addrs: addrs, dialer: net.Dialer{Timeout: dialTimeout}},
		host:   "localhost",
		root:   context.Background(),
		hold:   newHold(cfg.HoldTimeout, cfg.MaxHeld, holding),
	}
	if addrs[0].network == "tcp" {
		p.host = addrs[0].addr
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	p.transport = &http.Transport{
		DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return p.app.dial(ctx) },
		DisableCompression:     true, // or it would unpack what the client asked to have packed
		MaxIdleConns:           maxIdleUpstream,
		MaxIdleConnsPerHost:    maxIdleUpstream,
		IdleConnTimeout:        cfg.UpstreamIdleTimeout,
		MaxResponseHeaderBytes: maxResponseHead,
		Protocols:              protocols,
	}
	return p, nil
}

// Run does what requests need in the background until ctx ends: it looks out for an app that held
// requests wait for. Then it ends the tunnels, both ways at once and after a moment for good,
// refuses new ones, and returns when they are gone. Call it once; the server ends ctx after it has
// finished the ordinary requests.
func (p *Proxy) Run(ctx context.Context) error {
	p.hold.run(ctx, p.probe)
	p.tunnels.shutdown()
	p.transport.CloseIdleConnections()
	return nil
}

// probe reports whether the app accepts connections.
func (p *Proxy) probe(ctx context.Context) bool {
	nc, err := p.app.dial(ctx)
	if err != nil {
		return false
	}
	_ = nc.Close()
	return true
}

// Tunnels returns the number of open tunnels (the app's own WebSockets).
func (p *Proxy) Tunnels() int { return p.tunnels.count() }

// Held returns the number of requests waiting for an app that is not listening.
func (p *Proxy) Held() int { return p.hold.count() }

// Expect is the server's ExpectHandler: it answers "Expect: 100-continue", so that a body that is too
// large is refused before it is sent.
func (p *Proxy) Expect(ctx *fasthttp.RequestCtx) int {
	if p.tooLarge(ctx) {
		return fasthttp.StatusRequestEntityTooLarge
	}
	return fasthttp.StatusContinue
}

func (p *Proxy) tooLarge(ctx *fasthttp.RequestCtx) bool {
	return p.cfg.MaxRequestBody > 0 && int64(ctx.Request.Header.ContentLength()) > p.cfg.MaxRequestBody
}

// Handle passes one request to the app and its answer to the client, or answers itself when that
// fails. It is a fasthttp.RequestHandler; a body longer than a few KiB is streamed after it has
// returned, by the same goroutine.
func (p *Proxy) Handle(ctx *fasthttp.RequestCtx) {
	defer CloseUnread(ctx)
	conn := wrapped(ctx.Conn())
	if conn != nil {
		defer conn.requestEnded(ctx.ConnRequestNum())
	}
	h := readHead(&ctx.Request.Header)
	defer h.release()
	if status := p.unacceptable(ctx, h); status != 0 {
		p.refuse(ctx, status)
		ctx.SetConnectionClose()
		return
	}
	if forwarded.Lists(h.connection, []byte("close")) {
		ctx.SetConnectionClose() // fasthttp knows the word in lower case and alone only
	}
	x := p.begin(ctx, conn, h.wantsUpgrade(&ctx.Request.Header))
	req, status := p.outgoing(x, h)
	if status != 0 {
		x.end()
		p.refuse(ctx, status)
		return
	}
	resp, err := p.send(x, req)
	if err != nil {
		x.releaseBody()
		x.end()
		p.refuseFor(x, err)
		return
	}
	x.resp = resp
	p.answer(x)
}

// unacceptable returns the status for a request that must not go to the app, or 0.
func (p *Proxy) unacceptable(ctx *fasthttp.RequestCtx, h *head) int {
	r := &ctx.Request.Header
	switch protocol := string(r.Protocol()); {
	case protocol != "HTTP/1.1" && protocol != "HTTP/1.0":
		return fasthttp.StatusHTTPVersionNotSupported
	case r.IsConnect():
		return fasthttp.StatusMethodNotAllowed
	case h.chunked && h.length:
		return fasthttp.StatusBadRequest // two opinions on where the body ends: nobody has to guess
	case !h.valid() || !validHost(r.Host()):
		return fasthttp.StatusBadRequest
	case p.tooLarge(ctx):
		return fasthttp.StatusRequestEntityTooLarge
	}
	return 0
}

// outgoing returns the request for the app, or the status to refuse it with.
func (p *Proxy) outgoing(x *exchange, h *head) (*http.Request, int) {
	ctx := x.ctx
	req := new(http.Request).WithContext(x.context())
	req.Method = method(ctx.Method())
	req.URL = new(url.URL)
	if err := upstreamURL(req.URL, p.host, req.Method, string(ctx.Request.Header.RequestURI())); err != nil {
		return nil, fasthttp.StatusBadRequest
	}
	host := ctx.Request.Header.Host()
	if target := ctx.Request.Header.RequestURI(); target[0] != '/' && target[0] != '*' {
		host = ctx.URI().Host() // the authority of an absolute target wins (RFC 9112 3.2.2)
		if !validHost(host) {
			return nil, fasthttp.StatusBadRequest
		}
	}
	req.Host = string(host)
	req.Proto, req.ProtoMajor, req.ProtoMinor = "HTTP/1.1", 1, 1
	peer, trusted := p.policy.Peer(ctx)
	req.Header = h.header(sender{peer: peer, trusted: trusted, secure: ctx.IsTLS(), host: host}, x.upgrade)
	body, err := p.attach(req, ctx)
	if err != nil {
		return nil, bodyStatus(err)
	}
	x.body = body
	return req, 0
}

// context returns the call's context: cancelled by the client's leaving, and telling the Transport
// whom to tell of the connection it takes and of informational answers.
func (x *exchange) context() context.Context {
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if c, ok := info.Conn.(*upstreamConn); ok {
			c.begin()
			x.upstream = c
		}
	}}
	if x.mayInterim && !x.upgrade {
		trace.Got1xxResponse = x.got1xx
	}
	return httptrace.WithClientTrace(x.call, trace)
}
