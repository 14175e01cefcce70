package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

const upgradeRequest = "GET /cable HTTP/1.1\r\nHost: app.example\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\nOrigin: http://app.example\r\n\r\n"

// cable is an app that agrees to an upgrade and hands the connection to talk.
func cable(t *testing.T, talk func(head string, nc *net.TCPConn, r *bufio.Reader)) string {
	t.Helper()
	return rawApp(t, func(nc net.Conn, r *bufio.Reader) {
		head, err := readHeadText(r)
		if err != nil {
			return
		}
		// The first words come in the same segment as the head.
		_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s\r\nSet-Cookie: a=1\r\n\r\nwelcome")
		talk(head, nc.(*net.TCPConn), r)
	})
}

func (c *client) upgrade(early string) {
	c.t.Helper()
	c.send(upgradeRequest + early)
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Connection") != "Upgrade" ||
		resp.Header.Get("Sec-Websocket-Accept") != "s" || resp.Header.Get("Set-Cookie") != "a=1" {
		c.t.Fatalf("answer %d %v", resp.StatusCode, resp.Header)
	}
}

func (c *client) expect(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c.r, got); err != nil || string(got) != want {
		c.t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

func TestUpgrade_both_ways_with_early_bytes_and_half_close(t *testing.T) {
	heads, rest := make(chan string, 1), make(chan string, 1)
	f := serve(t, Config{Watcher: watcher(t), Upstreams: []string{cable(t, func(head string, nc *net.TCPConn, r *bufio.Reader) {
		heads <- head
		got := make([]byte, len("early"))
		_, _ = io.ReadFull(r, got)
		_, _ = nc.Write(got)
		b, _ := io.ReadAll(r) // until the client's half is closed
		rest <- string(b)
		_, _ = io.WriteString(nc, "goodbye")
		_ = nc.Close()
	})}})
	c := dial(t, f.addr)
	c.upgrade("early")
	c.expect("welcomeearly")
	if f.Tunnels() != 1 {
		t.Errorf("%d tunnels", f.Tunnels())
	}
	c.send(strings.Repeat("x", 200000))
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b := receive(t, rest, "the client's bytes"); len(b) != 200000 {
		t.Errorf("%d bytes arrived", len(b))
	}
	c.expect("goodbye")
	c.atEnd()
	until(t, "the tunnel ends", func() bool { return f.Tunnels() == 0 })
	head := receive(t, heads, "the head")
	for _, line := range []string{
		"GET /cable HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-Websocket-Key: k",
		"Origin: http://app.example", "X-Forwarded-For: 127.0.0.1",
	} {
		if !strings.Contains(head, line+"\r\n") {
			t.Errorf("no %q in %q", line, head)
		}
	}
}

func TestUpgrade_a_refusal_is_an_ordinary_answer(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no "+r.Header.Get("Upgrade"), http.StatusNotFound)
	})}})
	c := dial(t, f.addr)
	for range 2 {
		c.send(upgradeRequest)
		if resp, body := c.answer("GET"); resp.StatusCode != 404 || body != "no websocket\n" || resp.Close {
			t.Errorf("status %d %q", resp.StatusCode, body)
		}
	}
}

func TestUpgrade_to_HTTP_2_is_not_offered(t *testing.T) {
	got := make(chan http.Header, 1)
	f := serve(t, Config{Upstreams: []string{app(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header })}})
	get(t, f.addr, "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n")
	h := receive(t, got, "the request")
	if h["Upgrade"] != nil || h["Connection"] != nil || h["Http2-Settings"] != nil {
		t.Errorf("the app was asked: %v", h)
	}
}

func TestUpgrade_either_end_that_leaves_ends_the_tunnel(t *testing.T) {
	ended := make(chan error, 1)
	f := serve(t, Config{Upstreams: []string{cable(t, func(_ string, nc *net.TCPConn, r *bufio.Reader) {
		_, err := io.ReadAll(r)
		ended <- err
		_ = nc.Close()
	})}})
	c := dial(t, f.addr)
	c.upgrade("")
	c.expect("welcome")
	_ = c.Close()
	receive(t, ended, "the app's end")
	until(t, "the tunnel ends", func() bool { return f.Tunnels() == 0 })
}

func TestUpgrade_shutdown_tells_both_ends_and_waits(t *testing.T) {
	ended := make(chan struct{}, 1)
	f := serve(t, Config{Upstreams: []string{cable(t, func(_ string, nc *net.TCPConn, r *bufio.Reader) {
		_, _ = io.ReadAll(r)
		_, _ = io.WriteString(nc, "last words")
		_ = nc.Close()
		ended <- struct{}{}
	})}})
	c := dial(t, f.addr)
	c.upgrade("")
	c.expect("welcome")
	f.stop()
	receive(t, ended, "the app's end")
	if f.Tunnels() != 0 {
		t.Errorf("%d tunnels after Run", f.Tunnels())
	}
	c = dial(t, f.addr)
	c.send(upgradeRequest)
	if resp, _ := c.answer("GET"); resp.StatusCode != 503 {
		t.Errorf("a new tunnel after shutdown: status %d", resp.StatusCode)
	}
}

func TestUpgrade_shutdown_cuts_off_whoever_stays(t *testing.T) {
	stay := make(chan struct{})
	f := serve(t, Config{Upstreams: []string{cable(t, func(string, *net.TCPConn, *bufio.Reader) { <-stay })}})
	defer close(stay)
	c := dial(t, f.addr)
	c.upgrade("")
	c.expect("welcome")
	f.stop()
	if f.Tunnels() != 0 {
		t.Errorf("%d tunnels after Run", f.Tunnels())
	}
}

func TestUpgrade_an_idle_tunnel_holds_two_goroutines_and_no_buffer(t *testing.T) {
	const n = 50
	f := serve(t, Config{Upstreams: []string{cable(t, func(_ string, _ *net.TCPConn, r *bufio.Reader) { _, _ = io.ReadAll(r) })}})
	before := runtime.NumGoroutine()
	for range n {
		c := dial(t, f.addr)
		c.upgrade("")
		c.expect("welcome")
	}
	// Two of each tunnel, one of the test's app, and the app's cleanup has none.
	until(t, "other goroutines end", func() bool { return runtime.NumGoroutine() <= before+3*n+n/2 })
	if f.Tunnels() != n {
		t.Errorf("%d tunnels", f.Tunnels())
	}
}
