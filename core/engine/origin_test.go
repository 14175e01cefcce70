package engine_test

import (
	"testing"

	"realtime/core/engine"
)

// Who may connect: decided by Origin, else Sec-Fetch-Site, else Referer, on both transports alike.
func TestOrigin(t *testing.T) {
	for _, c := range []struct {
		name    string
		origins []string
		dev     bool
		header  []string
		ok      bool
		named   string // Access-Control-Allow-Origin
	}{
		{"no browser", nil, false, nil, true, ""},
		{"same origin", nil, false, []string{"Host: app.example", "Origin: http://app.example"}, true, ""},
		{"same origin, default port", nil, false, []string{"Host: app.example:443", "Origin: https://app.example"}, true, ""},
		{"no page but the host itself, as Node's old WebSockets have it", nil, false, []string{"Host: app.example:8000", "Origin: App.example:8000"}, true, ""},
		{"a host without a scheme that is another one", nil, false, []string{"Host: app.example:8000", "Origin: evil.example:8000"}, false, ""},
		{"same host, another port", nil, false, []string{"Host: app.example:8000", "Origin: http://app.example:9000"}, false, ""},
		{"same host as the proxy says", nil, false, []string{"Host: internal", "X-Forwarded-Host: app.example", "Origin: https://app.example"}, true, ""},
		{"plain page on a TLS site", nil, false, []string{"Host: app.example", "X-Forwarded-Proto: https", "Origin: http://app.example"}, false, ""},
		{"foreign", nil, false, []string{"Origin: https://evil.example"}, false, ""},
		{"foreign, listed", []string{"https://shop.example"}, false, []string{"Origin: https://shop.example"}, true, "https://shop.example"},
		{"foreign, listed with a slash and capitals", []string{"https://Shop.example/"}, false, []string{"Origin: https://shop.example"}, true, "https://shop.example"},
		{"foreign, another is listed", []string{"https://shop.example"}, false, []string{"Origin: https://evil.example"}, false, ""},
		{"everyone", []string{"*"}, false, []string{"Origin: https://shop.example"}, true, "*"},
		{"everyone, and one with credentials", []string{"*", "https://shop.example"}, false, []string{"Origin: https://shop.example"}, true, "https://shop.example"},
		{"null", nil, false, []string{"Origin: null"}, false, ""},
		{"null, listed", []string{"null"}, false, []string{"Origin: null"}, true, "null"},
		{"file, listed", []string{"file://"}, false, []string{"Origin: file://"}, true, "file://"},
		{"localhost in development", nil, true, []string{"Origin: http://localhost:3000"}, true, "http://localhost:3000"},
		{"loopback address in development", nil, true, []string{"Origin: http://127.0.0.1:3000"}, true, "http://127.0.0.1:3000"},
		{"localhost in production", nil, false, []string{"Origin: http://localhost:3000"}, false, ""},
		{"foreign in development", nil, true, []string{"Origin: http://evil.example"}, false, ""},
		{"same site by Sec-Fetch-Site", nil, false, []string{"Sec-Fetch-Site: same-origin"}, true, ""},
		{"cross site by Sec-Fetch-Site", nil, false, []string{"Sec-Fetch-Site: cross-site"}, false, ""},
		{"foreign Referer", nil, false, []string{"Referer: https://evil.example/page"}, false, ""},
		{"own Referer", nil, false, []string{"Host: app.example", "Referer: https://app.example/page"}, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := quiet
			cfg.Origins, cfg.Development = c.origins, c.dev
			b := newBrowser(t, open(t, cfg, newEcho()))
			r := b.do("GET", polling, "", c.header...)
			if got := r.status == 200; got != c.ok {
				t.Fatalf("polling: %d %q", r.status, r.body)
			}
			if !c.ok {
				r.wants(t, 403, `{"code":4,"message":"Forbidden"}`)
			}
			if got := r.header.Get("Access-Control-Allow-Origin"); got != c.named {
				t.Errorf("names %q, want %q", got, c.named)
			}
			if credentials := r.header.Get("Access-Control-Allow-Credentials") == "true"; credentials != (c.named != "" && c.named != "*") {
				t.Errorf("credentials are %v", credentials)
			}
			ws, refused := b.dial("EIO=4&transport=websocket", c.header...)
			if got := ws != nil; got != c.ok {
				t.Errorf("websocket: %d %q", refused.status, refused.body)
			}
		})
	}
}

func TestOrigin_preflight(t *testing.T) {
	cfg := quiet
	cfg.Origins = []string{"https://shop.example"}
	b := newBrowser(t, open(t, cfg, newEcho()))
	ask := []string{"Origin: https://shop.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-token"}
	r := b.do("OPTIONS", polling, "", ask...)
	r.wants(t, 204, "")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":      "https://shop.example",
		"Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods":     "GET,HEAD,PUT,PATCH,POST,DELETE",
		"Access-Control-Allow-Headers":     "x-token",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	ask[0] = "Origin: https://evil.example"
	if r := b.do("OPTIONS", polling, "", ask...); r.status != 403 {
		t.Errorf("a foreign preflight: %d", r.status)
	}
}

func TestOrigin_is_named_on_parked_answers_too(t *testing.T) {
	cfg := quiet
	cfg.Origins = []string{"https://shop.example"}
	sessions := make(chan *engine.Session, 1)
	e := newEcho()
	b := newBrowser(t, open(t, cfg, handlerFunc(func(s *engine.Session) engine.Client { sessions <- s; return e.Open(s) })))
	sid := b.handshake()
	s := <-sessions
	poll := later(func() reply {
		return b.do("GET", polling+"&sid="+sid, "", "Origin: https://shop.example")
	})
	for !s.Send(engine.NewBare(engine.EIO4, []byte("x"), false), true) { // taken only by a poll that waits
	}
	if got := (<-poll).header.Get("Access-Control-Allow-Origin"); got != "https://shop.example" {
		t.Errorf("names %q", got)
	}
}
