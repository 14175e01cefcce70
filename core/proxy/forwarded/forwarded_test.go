package forwarded

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"
)

// request returns a context as the server makes one, from lines like "X-Real-IP: 203.0.113.1".
func request(t *testing.T, peer string, target string, lines ...string) *fasthttp.RequestCtx {
	t.Helper()
	var addr net.Addr = &net.UnixAddr{Name: "@", Net: "unix"}
	if peer != "unix" {
		tcp := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(peer))
		addr = tcp
	}
	ctx := &fasthttp.RequestCtx{}
	var req fasthttp.Request
	req.Header.SetRequestURI(target)
	req.Header.SetHost("app.example")
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		req.Header.Add(name, value)
	}
	ctx.Init(&req, addr, nil)
	return ctx
}

func TestPolicy_Resolve(t *testing.T) {
	const lan, outside = "10.0.0.2:4000", "198.51.100.9:4000"
	for _, tc := range []struct {
		name, peer string
		lines      []string
		want       Client
	}{
		{"plain client", outside, nil, Client{Address: "198.51.100.9", Peer: "198.51.100.9", Host: "app.example"}},
		{
			"untrusted peer is not believed", outside,
			[]string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil", "X-Real-Ip: 1.2.3.4", "Forwarded: for=1.2.3.4"},
			Client{Address: "198.51.100.9", Peer: "198.51.100.9", Host: "app.example"},
		},
		{
			"trusted peer is believed", lan,
			[]string{"X-Forwarded-For: 203.0.113.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example"},
			Client{Address: "203.0.113.1", Peer: "10.0.0.2", Secure: true, Host: "shop.example", Trusted: true},
		},
		{
			"rightmost untrusted address wins over what the client wrote before it", lan,
			[]string{"X-Forwarded-For: 1.2.3.4, 203.0.113.1, 10.9.9.9"},
			Client{Address: "203.0.113.1", Peer: "10.0.0.2", Host: "app.example", Trusted: true},
		},
		{
			"several lines are one list", lan,
			[]string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 10.9.9.9"},
			Client{Address: "203.0.113.1", Peer: "10.0.0.2", Host: "app.example", Trusted: true},
		},
		{
			"only trusted addresses: the farthest", lan,
			[]string{"X-Forwarded-For: 192.168.1.5, 10.9.9.9"},
			Client{Address: "192.168.1.5", Peer: "10.0.0.2", Host: "app.example", Trusted: true},
		},
		{
			"garbage ends the chain", lan,
			[]string{"X-Forwarded-For: 203.0.113.1, unknown, 10.9.9.9"},
			Client{Address: "10.9.9.9", Peer: "10.0.0.2", Host: "app.example", Trusted: true},
		},
		{
			"ports, brackets and mapped addresses are normalised", lan,
			[]string{"X-Forwarded-For: [::ffff:203.0.113.1]:5000, 10.0.0.1:99"},
			Client{Address: "203.0.113.1", Peer: "10.0.0.2", Host: "app.example", Trusted: true},
		},
		{
			"mapped peer is an IPv4 peer", "[::ffff:10.0.0.2]:4000",
			[]string{"X-Real-Ip: 2001:db8::1"},
			Client{Address: "2001:db8::1", Peer: "10.0.0.2", Host: "app.example", Trusted: true},
		},
		{
			"the scheme of the hop that met the client", lan,
			[]string{"X-Forwarded-For: 203.0.113.1, 10.9.9.9", "X-Forwarded-Proto: https, http"},
			Client{Address: "203.0.113.1", Peer: "10.0.0.2", Secure: true, Host: "app.example", Trusted: true},
		},
		{
			"a host the client wrote before the proxy's own", lan,
			[]string{"X-Forwarded-For: 203.0.113.1", "X-Forwarded-Host: evil, shop.example"},
			Client{Address: "203.0.113.1", Peer: "10.0.0.2", Host: "shop.example", Trusted: true},
		},
		{
			"a port named separately", lan,
			[]string{"X-Forwarded-Host: shop.example", "X-Forwarded-Port: 8443", "X-Forwarded-Proto: https"},
			Client{Address: "10.0.0.2", Peer: "10.0.0.2", Secure: true, Host: "shop.example:8443", Trusted: true},
		},
		{
			"Forwarded", lan,
			[]string{`Forwarded: for=1.2.3.4;host=evil, For="[2001:db8::7]:4711";Proto=https;host="shop.example:8443", for=10.1.1.1`},
			Client{Address: "2001:db8::7", Peer: "10.0.0.2", Secure: true, Host: "shop.example:8443", Trusted: true},
		},
		{
			"a peer on a Unix socket is trusted", "unix",
			[]string{"X-Forwarded-For: 203.0.113.1"},
			Client{Address: "203.0.113.1", Peer: "127.0.0.1", Host: "app.example", Trusted: true},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &Policy{Logger: slog.New(slog.DiscardHandler)}
			got := p.Resolve(request(t, tc.peer, "/", tc.lines...))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPolicy_absolute_form_target_names_the_host(t *testing.T) {
	p := &Policy{}
	if got := p.Resolve(request(t, "10.0.0.2:1", "http://other.example/x")).Host; got != "other.example" {
		t.Errorf("host %q", got)
	}
}

func TestPolicy_empty_list_trusts_nobody(t *testing.T) {
	p := &Policy{Trusted: []netip.Prefix{}, Logger: slog.New(slog.DiscardHandler)}
	got := p.Resolve(request(t, "127.0.0.1:1", "/", "X-Forwarded-For: 1.2.3.4"))
	if got.Trusted || got.Address != "127.0.0.1" {
		t.Errorf("believed: %+v", got)
	}
}

func TestPolicy_first_ignored_claim_is_logged_once_with_its_fix(t *testing.T) {
	var out bytes.Buffer
	p := &Policy{Logger: slog.New(slog.NewTextHandler(&out, nil))}
	p.Resolve(request(t, "198.51.100.9:4000", "/"))
	if out.Len() != 0 {
		t.Errorf("logged without a claim: %s", &out)
	}
	for range 3 {
		p.Resolve(request(t, "198.51.100.9:4000", "/", "X-Forwarded-For: 1.2.3.4"))
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("%d lines, want 1:\n%s", n, &out)
	}
	if !strings.Contains(out.String(), "add it to trusted_proxies") || !strings.Contains(out.String(), "198.51.100.9") {
		t.Errorf("no fix in %s", &out)
	}
}

func TestDrop(t *testing.T) {
	connection := []byte("close, X-Secret ,upgrade")
	for name, want := range map[string]bool{
		"Connection": true, "keep-alive": true, "TE": true, "Transfer-Encoding": true,
		"Upgrade": true, "Proxy-Connection": true, "X_Forwarded_For": true, "x-secret": true, "": true,
		"X-Secret-2": false, "Cookie": false, "Host": false, "X-Forwarded-For": false,
	} {
		if got := Drop([]byte(name), connection); got != want {
			t.Errorf("Drop(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestIsClaim(t *testing.T) {
	for name, want := range map[string]bool{
		"X-Forwarded-For": true, "x-forwarded-anything": true, "FORWARDED": true, "x-real-ip": true,
		"Client-IP": true, "X-Forwarded": false, "Accept": false,
	} {
		if got := IsClaim([]byte(name)); got != want {
			t.Errorf("IsClaim(%q) = %v, want %v", name, got, want)
		}
	}
}
