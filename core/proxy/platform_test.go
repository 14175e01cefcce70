package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// One test for each way in which fasthttp, or a proxy made of it, was seen to go wrong.
func TestPlatform_an_unread_body_never_becomes_a_request(t *testing.T) {
	const smuggled = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n"
	seen := make(chan string, 10)
	for name, head := range map[string]string{
		"fixed length": fmt.Sprintf("Content-Length: %d\r\n\r\n", 20000+len(smuggled)),
		"chunked":      "Transfer-Encoding: chunked\r\n\r\n8000\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			// The app answers at once and reads nothing.
			f := serve(t, Config{Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
				head, _ := readHeadText(r)
				seen <- strings.SplitN(head, "\r\n", 2)[0]
				_, _ = io.WriteString(nc, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
			})}})
			c := dial(t, f.addr)
			c.send("POST /upload HTTP/1.1\r\nHost: a\r\n" + head + smuggled)
			resp, _ := c.answer("POST")
			if resp.StatusCode != 403 || !resp.Close {
				t.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
			}
			_, _ = io.WriteString(c.Conn, smuggled)
			c.atEnd()
			if line := receive(t, seen, "the request"); line != "POST /upload HTTP/1.1" {
				t.Errorf("first request %q", line)
			}
			select {
			case line := <-seen:
				t.Errorf("the app saw %q", line)
			default:
			}
		})
	}
}

func TestPlatform_our_own_refusals_do_not_read_the_body_as_a_request(t *testing.T) {
	var hits atomic.Int32
	f := serve(t, Config{
		Upstreams:      []string{app(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })},
		MaxRequestBody: 1000,
	})
	c := dial(t, f.addr)
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n" + strings.Repeat("x", 9000))
	if resp, _ := c.answer("POST"); resp.StatusCode != 413 || !resp.Close {
		t.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
	}
	if hits.Load() != 0 {
		t.Error("something reached the app")
	}
}

func TestPlatform_CloseUnread_covers_other_handlers(t *testing.T) {
	seen := make(chan string, 4)
	s := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		defer CloseUnread(ctx)
		seen <- string(ctx.Path())
		if string(ctx.Path()) == "/read" {
			ctx.PostBody()
		}
	}}
	ConfigureServer(s, slog.New(slog.DiscardHandler))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(WrapListener(ln, 0)) }()
	t.Cleanup(func() { _ = ln.Close() })

	c := dial(t, ln.Addr().String())
	body := "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n" + strings.Repeat("x", 20000)
	c.send(fmt.Sprintf("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	if resp, _ := c.answer("POST"); resp.Close {
		t.Error("closed although the body was read")
	}
	c.send("GET /empty HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
	if resp, _ := c.answer("GET"); resp.Close {
		t.Error("closed although there was no body to read")
	}
	c.send(fmt.Sprintf("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	if resp, _ := c.answer("POST"); !resp.Close {
		t.Error("not closed although the body was not read")
	}
	c.atEnd()
	close(seen)
	for path := range seen {
		if path == "/admin" {
			t.Error("the body became a request")
		}
	}
}

func TestPlatform_one_slow_GET_is_one_hit(t *testing.T) {
	var hits atomic.Int32
	release := make(chan struct{})
	defer close(release)
	f := serve(t, Config{
		Upstreams:             []string{app(t, func(http.ResponseWriter, *http.Request) { hits.Add(1); <-release })},
		ResponseHeaderTimeout: time.Second, // in which a busy machine must have begun with the app's handler
	})
	if resp, _ := get(t, f.addr, ""); resp.StatusCode != 504 {
		t.Errorf("status %d, want 504", resp.StatusCode)
	}
	if n := hits.Load(); n != 1 {
		t.Errorf("%d hits", n)
	}
}

func TestPlatform_an_upstream_that_closes_idle_connections_costs_no_request(t *testing.T) {
	large := strings.Repeat("0123456789", 5000)
	for name, request := range map[string]string{
		"GET":             "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST":            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
		"POST, streamed":  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + large,
		"POST, in chunks": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc350\r\n" + large + "\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan struct{}, 10)
			f := serve(t, Config{Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				n, _ := io.Copy(io.Discard, req.Body)
				_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nX-Read: %d\r\nContent-Length: 2\r\n\r\nok", n)
				_ = nc.Close() // without having said so
				closed <- struct{}{}
			})}})
			c := dial(t, f.addr)
			want := map[string]string{"GET": "0", "POST": "4"}[name]
			if want == "" {
				want = "50000"
			}
			for range 20 {
				c.send(request)
				if resp, body := c.answer("POST"); resp.StatusCode != 200 || resp.Header.Get("X-Read") != want {
					t.Fatalf("status %d %q, %s bytes arrived", resp.StatusCode, body, resp.Header.Get("X-Read"))
				}
				receive(t, closed, "the app's close")
			}
		})
	}
}

func TestPlatform_an_idle_upstream_connection_is_ours_to_close_first(t *testing.T) {
	ended := make(chan error, 1)
	f := serve(t, Config{
		Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
			_, _ = readHeadText(r)
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			_, err := r.ReadByte()
			ended <- err
		})},
		UpstreamIdleTimeout: 20 * time.Millisecond,
	})
	get(t, f.addr, "")
	if err := receive(t, ended, "the proxy's close"); err != io.EOF {
		t.Errorf("%v", err)
	}
}

func TestPlatform_an_early_413_reaches_a_client_that_is_still_uploading(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
		_, _ = readHeadText(r)
		page := strings.Repeat("too large ", 2000)
		_, _ = fmt.Fprintf(nc, "HTTP/1.1 413 Content Too Large\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(page), page)
		_ = nc.Close() // with the body unread: a reset
	})}})
	for range 5 {
		c := dial(t, f.addr)
		c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 52428800\r\n\r\n")
		var uploading sync.WaitGroup
		uploading.Go(func() {
			piece := bytes.Repeat([]byte("x"), 64<<10)
			for range 800 {
				if _, err := c.Conn.Write(piece); err != nil {
					return
				}
			}
		})
		if resp, body := c.answer("POST"); resp.StatusCode != 413 || len(body) != 20000 {
			t.Errorf("status %d with %d bytes", resp.StatusCode, len(body))
		}
		_ = c.Close()
		uploading.Wait()
	}
}

func TestPlatform_timeouts_are_per_read_and_a_silent_body_gets_408(t *testing.T) {
	f := serve(t, Config{
		Upstreams:       []string{app(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })},
		BodyIdleTimeout: time.Second, // ten ticks: a busy machine may leave out some
	})
	// Longer than the limit as a whole, but never silent for that long.
	c := dial(t, f.addr)
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 12 {
		<-tick.C
		c.send("1\r\nx\r\n")
	}
	c.send("0\r\n\r\n")
	if resp, _ := c.answer("POST"); resp.StatusCode != 200 || resp.Close {
		t.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
	}
	// The same connection goes on; now it falls silent.
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
	if resp, _ := c.answer("POST"); resp.StatusCode != 408 || !resp.Close {
		t.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
	}
}

func TestPlatform_logs_and_answers_never_show_request_bytes_or_internals(t *testing.T) {
	var log lockedBuffer
	f := serve(t, Config{
		Upstreams:   []string{"http://127.0.0.1:1"},
		HoldTimeout: -1,
		Logger:      slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	c := dial(t, f.addr)
	c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: secret-cookie\r\nBad Header\r\n\r\n")
	if resp, _ := c.answer("GET"); resp.StatusCode != 400 {
		t.Errorf("status %d", resp.StatusCode)
	}
	resp, body := get(t, f.addr, "Cookie: secret-cookie\r\n")
	if resp.StatusCode != 503 || strings.Contains(body, "127.0.0.1") || strings.Contains(body, "refused") {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
	if s := log.String(); strings.Contains(s, "secret-cookie") || !strings.Contains(s, "127.0.0.1:1") {
		t.Errorf("log: %s", s)
	}
}

func TestPlatform_ambiguous_framing_is_refused(t *testing.T) {
	var hits atomic.Int32
	f := serve(t, Config{Upstreams: []string{app(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })}})
	for name, head := range map[string]string{
		"length and chunks":      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two lengths":            "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
		"signed length":          "Content-Length: +3\r\n\r\nabc",
		"list of lengths":        "Content-Length: 3, 3\r\n\r\nabc",
		"other coding":           "Transfer-Encoding: gzip, chunked\r\n\r\n",
		"space before the colon": "Content-Length : 3\r\n\r\nabc",
		"two hosts":              "Host: b\r\n\r\n",
		"bad chunk size":         "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, f.addr)
			c.send("POST / HTTP/1.1\r\nHost: a\r\n" + head)
			if resp, _ := c.answer("POST"); resp.StatusCode != 400 || !resp.Close {
				t.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
			}
			c.atEnd()
		})
	}
	c := dial(t, f.addr)
	c.send("GET / HTTP/1.2\r\nHost: a\r\n\r\n")
	if resp, _ := c.answer("GET"); resp.StatusCode != 505 {
		t.Errorf("HTTP/1.2: status %d", resp.StatusCode)
	}
}
