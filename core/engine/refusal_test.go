package engine_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"realtime/core/engine"
)

// Every row of what the reference server answers to requests that are out of order, and what becomes
// of the session. Where the reference is wrong the test says so.

func TestRefusedHandshakes(t *testing.T) {
	h := open(t, quiet, newEcho())
	b := newBrowser(t, h)
	for _, c := range []struct {
		name, method, query string
		status              int
		body                string
	}{
		{"transport missing", "GET", "EIO=4", 400, `{"code":0,"message":"Transport unknown"}`},
		{"transport unknown", "GET", "EIO=4&transport=abc", 400, `{"code":0,"message":"Transport unknown"}`},
		{"transport __proto__", "GET", "EIO=4&transport=__proto__", 400, `{"code":0,"message":"Transport unknown"}`},
		{"transport constructor", "GET", "EIO=4&transport=constructor", 400, `{"code":0,"message":"Transport unknown"}`},
		{"webtransport over HTTP/1.1", "GET", "EIO=4&transport=webtransport", 400, `{"code":0,"message":"Transport unknown"}`},
		{"sid unknown", "GET", polling + "&sid=AAAAAAAAAAAAAAAAAAAA", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"sid unknown, POST", "POST", polling + "&sid=AAAAAAAAAAAAAAAAAAAA", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"handshake by POST", "POST", polling, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"handshake by PUT", "PUT", polling, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"handshake by OPTIONS", "OPTIONS", polling, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"handshake by HEAD", "HEAD", polling, 400, ""},
		{"websocket without an upgrade", "GET", "EIO=4&transport=websocket", 400, `{"code":3,"message":"Bad request"}`},
		{"EIO missing", "GET", "transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"EIO=1", "GET", "EIO=1&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"EIO=5", "GET", "EIO=5&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"EIO=abc", "GET", "EIO=abc&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := b.do(c.method, c.query, "")
			r.wants(t, c.status, c.body)
			if got := r.header.Get("Content-Type"); got != "application/json" {
				t.Errorf("content type %q", got)
			}
		})
	}
	if n := h.engine.Count(); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
}

func TestRefusedUpgrades(t *testing.T) {
	h := open(t, quiet, newEcho())
	b := newBrowser(t, h)
	for _, c := range []struct {
		name, query string
		header      []string
		status      int
		body        string
	}{
		{"sid unknown", "EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA", nil, 400, "Session ID unknown"},
		{"transport unknown", "EIO=4&transport=abc", nil, 400, "Transport unknown"},
		// The reference sends 101 first and then writes this text into the WebSocket.
		{"EIO=5", "EIO=5&transport=websocket", nil, 400, "Unsupported protocol version"},
		{"another origin", "EIO=4&transport=websocket", []string{"Origin: http://evil.example"}, 403, "Forbidden"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ws, r := b.dial(c.query, c.header...)
			if ws != nil {
				t.Fatal("was accepted")
			}
			r.wants(t, c.status, c.body)
			if got := r.header.Get("Content-Type"); got != "text/html" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

func TestUpgrade_of_a_polling_request_is_closed_at_once(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	ws, _ := b.dial(polling)
	expectClose(t, ws, 1005)
}

func TestUpgrade_version_other_than_13_or_8(t *testing.T) {
	h := open(t, quiet, newEcho())
	for _, c := range []struct{ version, want string }{
		{"13", "HTTP/1.1 101 "}, {"8", "HTTP/1.1 101 "}, {"7", "HTTP/1.1 400 "},
	} {
		head := handshakeHead(t, h, c.version)
		if !strings.HasPrefix(head, c.want) {
			t.Errorf("version %s: %q", c.version, head)
		}
		if c.version == "7" && !strings.Contains(strings.ToLower(head), "sec-websocket-version: 13, 8") {
			t.Errorf("the versions in service are not named: %q", head)
		}
	}
}

func handshakeHead(t *testing.T, h *house, version string) string {
	t.Helper()
	nc, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_, _ = nc.Write([]byte("GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: " + version + "\r\n\r\n"))
	_ = nc.SetReadDeadline(time.Now().Add(time.Minute))
	var head []byte
	buf := make([]byte, 1024)
	for !strings.Contains(string(head), "\r\n\r\n") {
		n, err := nc.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		head = append(head, buf[:n]...)
	}
	return string(head)
}

func TestRequestsOfASession_that_it_survives(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	for _, c := range []struct {
		name, method, query, body string
		status                    int
		answer                    string
	}{
		{"PUT", "PUT", polling, "", 500, ""},
		{"DELETE", "DELETE", polling, "", 500, ""},
		{"OPTIONS", "OPTIONS", polling, "", 500, ""},
		{"websocket as a plain GET", "GET", "EIO=4&transport=websocket", "", 400, `{"code":3,"message":"Bad request"}`},
		{"a body over the limit", "POST", polling, "4" + strings.Repeat("x", engine.DefaultMaxPayload), 413, ""},
		{"an unasked pong", "POST", polling, "3", 200, "ok"},
		{"open, upgrade, noop", "POST", polling, "0\x1e5\x1e6", 200, "ok"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sid := b.handshake()
			b.do(c.method, c.query+"&sid="+sid, c.body).wants(t, c.status, c.answer)
			b.post(sid, "4still here").wants(t, 200, "ok")
			b.poll(sid).wants(t, 200, "4still here")
		})
	}
}

func TestRequestsOfASession_that_end_it(t *testing.T) {
	for _, c := range []struct {
		name, contentType, body string
		status                  int
		answer, reason          string
	}{
		{"garbage", "text/plain", "abc", 200, "ok", "parse error"},
		{"an empty body", "text/plain", "", 200, "ok", "parse error"},
		{"a ping from the client", "text/plain", "2", 200, "ok", "transport error"},
		{"a close packet", "text/plain", "1", 200, "ok", "transport close"},
		{"a binary body", "application/octet-stream", "4x", 400, "", "transport error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEcho()
			h := open(t, quiet, e)
			h.engine.ExpectCrossings(time.Minute)
			b := newBrowser(t, h)
			sid := b.handshake()
			b.do("POST", polling+"&sid="+sid, c.body, "Content-Type: "+c.contentType).wants(t, c.status, c.answer)
			if got := <-e.ended; got != c.reason {
				t.Errorf("reason %q, want %q", got, c.reason)
			}
			if c.body == "1" { // a poll that crossed the goodbye on its way
				b.poll(sid).wants(t, 200, "6")
			}
			b.poll(sid).wants(t, 400, `{"code":1,"message":"Session ID unknown"}`)
		})
	}
}

func TestPost_packets_before_a_bad_one_are_delivered(t *testing.T) {
	e := newEcho()
	got := make(chan string, 1)
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		return clientFunc{
			receive: func(data []byte, _ bool) engine.Flow { got <- string(data); return engine.Continue },
			closed:  func(r engine.Reason) { e.ended <- r.String() },
		}
	})))
	sid := b.handshake()
	b.post(sid, "4first\x1eabc").wants(t, 200, "ok")
	if first := <-got; first != "first" {
		t.Errorf("delivered %q", first)
	}
	if reason := <-e.ended; reason != "parse error" {
		t.Errorf("reason %q", reason)
	}
}
