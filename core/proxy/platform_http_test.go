package proxy

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

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
