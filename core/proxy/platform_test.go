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
		ResponseHeaderTimeout: 100 * time.Millisecond,
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

func TestPlatform_103_is_passed_on_and_trailers_are_dropped(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
		for {
			if _, err := readHeadText(r); err != nil {
				return
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"+
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n")
		}
	})}})
	c := dial(t, f.addr)
	for i := range 3 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		head, err := readHeadText(c.r)
		if err != nil || head != "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" {
			t.Fatalf("request %d: %q, %v", i, head, err)
		}
		resp, body := c.answer("GET")
		if resp.StatusCode != 200 || body != "ok" || len(resp.Trailer) != 0 || resp.Header.Get("X-Sum") != "" {
			t.Errorf("request %d: status %d %q %v", i, resp.StatusCode, body, resp.Trailer)
		}
	}
	// Pipelined: the hints of the second must not overtake the first answer.
	c.send(strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 2) + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	rest, err := io.ReadAll(c.r)
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(bytes.NewReader(rest))
	var order []string
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			break
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		order = append(order, resp.Status[:3])
	}
	if got := strings.Join(order, " "); strings.Count(got, "200") != 3 || strings.Contains(got, "103 103") || strings.HasSuffix(got, "103") {
		t.Errorf("answers %s", got)
	}
	// An HTTP/1.0 client gets none.
	c = dial(t, f.addr)
	c.send("GET / HTTP/1.0\r\n\r\n")
	if resp, body := c.answer("GET"); resp.StatusCode != 200 || body != "ok" {
		t.Errorf("HTTP/1.0: status %d %q", resp.StatusCode, body)
	}
}

func TestPlatform_HTTP_1_0_without_Host_and_without_chunks(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Host", r.Host)
		if r.URL.Path == "/known" {
			_, _ = io.WriteString(w, "known")
			return
		}
		for range 3 {
			_, _ = io.WriteString(w, "piece ")
			w.(http.Flusher).Flush()
		}
	})}})
	c := dial(t, f.addr)
	c.send("GET /streamed HTTP/1.0\r\n\r\n")
	resp, body := c.answer("GET")
	if resp.StatusCode != 200 || body != "piece piece piece " || len(resp.TransferEncoding) > 0 {
		t.Errorf("status %d %q %v", resp.StatusCode, body, resp.TransferEncoding)
	}
	if host := resp.Header.Get("X-Host"); host == "" {
		t.Error("the app got no Host")
	}
	c.atEnd()

	c = dial(t, f.addr)
	for range 2 {
		c.send("GET /known HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
		if resp, body := c.answer("GET"); body != "known" || resp.ContentLength != 5 {
			t.Errorf("%q, length %d", body, resp.ContentLength)
		}
	}
}

func TestPlatform_no_header_is_invented(t *testing.T) {
	for _, status := range []string{"204 No Content", "304 Not Modified", "200 OK"} {
		f := serve(t, Config{Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
			_, _ = readHeadText(r)
			length := ""
			if status == "200 OK" {
				length = "Content-Length: 0\r\n"
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 "+status+"\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n"+length+"\r\n")
		})}})
		c := dial(t, f.addr)
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		head, err := readHeadText(c.r)
		if err != nil {
			t.Fatal(err)
		}
		want := "HTTP/1.1 " + status + "\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n\r\n"
		if got := strings.Replace(head, "Content-Length: 0\r\n", "", 1); got != want {
			t.Errorf("head %q, want %q", got, want)
		}
		if c.r.Buffered() > 0 {
			t.Error("a body follows")
		}
	}
}

func TestPlatform_HEAD_keeps_the_length_and_has_no_body(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "123456")
	})}})
	c := dial(t, f.addr)
	for range 2 {
		c.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
		if resp, _ := c.answer("HEAD"); resp.ContentLength != 123456 {
			t.Errorf("length %d", resp.ContentLength)
		}
	}
}

func TestPlatform_timeouts_are_per_read_and_a_silent_body_gets_408(t *testing.T) {
	f := serve(t, Config{
		Upstreams:       []string{app(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })},
		BodyIdleTimeout: 150 * time.Millisecond,
	})
	// Longer than the limit as a whole, but never silent for that long.
	c := dial(t, f.addr)
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	tick := time.NewTicker(30 * time.Millisecond)
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

func TestPlatform_underscored_and_untrusted_forwarded_headers_stay_here(t *testing.T) {
	got := make(chan http.Header, 1)
	upstream := app(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header })
	const claims = "X_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n" +
		"X-Forwarded-Port: 1\r\nForwarded: for=6.6.6.6\r\nX-Real-Ip: 6.6.6.6\r\nClient-Ip: 6.6.6.6\r\nX-Request-Start: t=1\r\n"

	f := serve(t, Config{Upstreams: []string{upstream}, TrustedProxies: nobody})
	get(t, f.addr, claims)
	h := receive(t, got, "the request")
	if h.Get("X-Forwarded-For") != "127.0.0.1" || h.Get("X-Forwarded-Proto") != "http" || h.Get("X-Forwarded-Host") != "app.example" {
		t.Errorf("believed: %v", h)
	}
	for _, name := range []string{"X_forwarded_for", "X-Forwarded-Port", "Forwarded", "X-Real-Ip", "Client-Ip"} {
		if h[name] != nil {
			t.Errorf("%s reached the app", name)
		}
	}
	if h.Get("X-Request-Start") == "t=1" {
		t.Error("X-Request-Start of a stranger")
	}

	f = serve(t, Config{Upstreams: []string{upstream}})
	get(t, f.addr, claims+"X-Forwarded-For: 7.7.7.7\r\n")
	h = receive(t, got, "the request")
	for name, want := range map[string]string{
		"X-Forwarded-For": "6.6.6.6, 7.7.7.7, 127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil",
		"X-Request-Start": "t=1", "Forwarded": "for=6.6.6.6", "X_forwarded_for": "",
	} {
		if got := strings.Join(h[name], "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
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

func TestPlatform_Connection_lists_are_obeyed_whatever_their_case(t *testing.T) {
	got := make(chan http.Header, 1)
	f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header
		w.Header().Set("Keep-Alive", "timeout=5")
		w.Header().Set("Proxy-Authenticate", "x")
	})}})
	c := dial(t, f.addr)
	c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Mine\r\nConnection: CLOSE , te\r\nX-Mine: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n\r\n")
	resp, _ := c.answer("GET")
	if !resp.Close || resp.Header.Get("Keep-Alive") != "" || resp.Header.Get("Proxy-Authenticate") != "" {
		t.Errorf("answer %v", resp.Header)
	}
	c.atEnd()
	h := receive(t, got, "the request")
	for _, name := range []string{"X-Mine", "Te", "Keep-Alive", "Proxy-Connection", "Connection"} {
		if h[name] != nil {
			t.Errorf("%s reached the app", name)
		}
	}
}

func TestPlatform_Expect_100_continue(t *testing.T) {
	got := make(chan *http.Request, 1)
	f := serve(t, Config{MaxRequestBody: 100, Upstreams: []string{app(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r
	})}})
	c := dial(t, f.addr)
	c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	if head, _ := readHeadText(c.r); head != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Fatalf("head %q", head)
	}
	c.send("hello")
	if resp, _ := c.answer("POST"); resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if r := receive(t, got, "the request"); r.Header.Get("Expect") != "" {
		t.Error("Expect reached the app")
	}
	// Too large: refused before the body is sent.
	c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 500\r\n\r\n")
	if resp, _ := c.answer("POST"); resp.StatusCode != 413 || !resp.Close {
		t.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
	}
}

func TestPlatform_pipelined_requests_are_answered_in_order(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })}})
	c := dial(t, f.addr)
	c.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
	for _, want := range []string{"/1", "/2", "/3"} {
		if _, body := c.answer("GET"); body != want {
			t.Errorf("got %q, want %q", body, want)
		}
	}
}
