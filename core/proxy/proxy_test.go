package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// patience bounds every wait of these tests.
const patience = time.Minute

// front is a proxy being served.
type front struct {
	*Proxy
	addr string
	stop func() // ends Run and waits for it
}

// serve runs a proxy on a loopback port until the test ends.
func serve(t *testing.T, cfg Config) *front {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &fasthttp.Server{Handler: p.Handle, ExpectHandler: p.Expect}
	ConfigureServer(s, cfg.Logger)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.Serve(WrapListener(ln, 0))
	}()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()
	stopped := false
	f := &front{Proxy: p, addr: ln.Addr().String()}
	f.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(func() {
		f.stop()
		_ = ln.Close()
		down, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = s.ShutdownWithContext(down)
		<-served
	})
	return f
}

// app is an upstream made of net/http.
func app(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return appOn(t, ln, h)
}

func appOn(t *testing.T, ln net.Listener, h http.HandlerFunc) string {
	t.Helper()
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
	return "http://" + ln.Addr().String()
}

// rawApp is an upstream that misbehaves as it likes: one goroutine per connection runs serve.
func rawApp(t *testing.T, serve func(nc net.Conn, r *bufio.Reader)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = nc.Close() })
			go serve(nc, bufio.NewReader(nc))
		}
	}()
	return "http://" + ln.Addr().String()
}

// readHeadText reads up to the blank line.
func readHeadText(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil || line == "\r\n" {
			return b.String(), err
		}
	}
}

// client is a raw connection to the proxy.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &client{t, nc, bufio.NewReader(nc)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// answer reads one answer to a request of the method.
func (c *client) answer(method string) (*http.Response, string) {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("answer: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("answer's body: %v", err)
	}
	return resp, string(body)
}

// atEnd checks that the connection ends here, with nothing before.
func (c *client) atEnd() {
	c.t.Helper()
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		c.t.Errorf("want the end of the connection, got %q, %v", b, err)
	}
}

func get(t *testing.T, addr, head string) (*http.Response, string) {
	t.Helper()
	c := dial(t, addr)
	c.send("GET / HTTP/1.1\r\nHost: app.example\r\n" + head + "\r\n")
	return c.answer("GET")
}

func receive[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("timed out: %s", what)
		panic("unreachable")
	}
}

func TestHandle_passes_head_and_body_both_ways(t *testing.T) {
	got := make(chan *http.Request, 1)
	body := make(chan string, 1)
	f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- r
		body <- string(b)
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2; Path=/")
		w.Header()["Date"] = []string{"Tue, 01 Jan 2030 00:00:00 GMT"}
		w.Header().Set("Server", "app/1")
		w.Header().Set("Content-Type", "text/x-mine")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "made")
	})}})
	c := dial(t, f.addr)
	c.send("POST /things?x=1 HTTP/1.1\r\nHost: app.example:81\r\nCookie: odd; a=b;c=\"d\"\r\nX-CSRF-Token: t\r\nAccept: a\r\nAccept: b\r\nContent-Length: 5\r\n\r\nhello")
	resp, text := c.answer("POST")
	r := receive(t, got, "the request")
	if r.Method != "POST" || r.RequestURI != "/things?x=1" || r.Host != "app.example:81" || <-body != "hello" {
		t.Errorf("request arrived as %s %s %s", r.Method, r.RequestURI, r.Host)
	}
	for name, want := range map[string]string{
		"Cookie": `odd; a=b;c="d"`, "X-Csrf-Token": "t", "Accept": "a|b", "User-Agent": "",
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "app.example:81",
		"Accept-Encoding": "", "Connection": "",
	} {
		if got := strings.Join(r.Header[name], "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if start := r.Header.Get("X-Request-Start"); !strings.HasPrefix(start, "t=") || len(start) != len("t=1700000000.123") {
		t.Errorf("X-Request-Start: %q", start)
	}
	if resp.StatusCode != 201 || text != "made" {
		t.Errorf("answer %d %q", resp.StatusCode, text)
	}
	for name, want := range map[string]string{
		"Set-Cookie": "a=1|b=2; Path=/", "Date": "Tue, 01 Jan 2030 00:00:00 GMT", "Server": "app/1",
		"Content-Type": "text/x-mine", "Connection": "",
	} {
		if got := strings.Join(resp.Header[name], "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestHandle_sequential_requests_share_one_upstream_connection(t *testing.T) {
	var dials int
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	counted := make(chan struct{}, 1000)
	s := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }),
		ConnState: func(_ net.Conn, st http.ConnState) {
			if st == http.StateNew {
				counted <- struct{}{}
			}
		},
	}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
	f := serve(t, Config{Upstreams: []string{"http://" + ln.Addr().String()}})
	c := dial(t, f.addr)
	for range 100 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if _, body := c.answer("GET"); body != "ok" {
			t.Fatalf("body %q", body)
		}
	}
	if dials = len(counted); dials != 1 {
		t.Errorf("%d dials for 100 requests", dials)
	}
}

func TestHandle_reaches_a_Unix_socket_and_skips_an_upstream_that_is_down(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	appOn(t, ln, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })
	f := serve(t, Config{Upstreams: []string{"unix:" + path + ".none", "unix:" + path}})
	if _, body := get(t, f.addr, ""); body != "app.example" {
		t.Errorf("body %q", body)
	}
}

func TestNew_names_every_bad_upstream(t *testing.T) {
	_, err := New(Config{Upstreams: []string{"ftp://a", "unix:", "http://ok", "http://a/path"}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, s := range []string{"ftp://a", "unix:", "http://a/path"} {
		if !strings.Contains(err.Error(), fmt.Sprintf("%q", s)) {
			t.Errorf("%q is not named in %v", s, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("accepted no upstream")
	}
}
