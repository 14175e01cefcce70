package proxy

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"realtime/core/poll"
)

// until waits for a condition that nothing announces.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("timed out: %s", what)
		}
	}
}

func TestHold_requests_wait_for_an_app_that_restarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.sock")
	f := serve(t, Config{Upstreams: []string{"unix:" + path}, HoldTimeout: patience})
	const n = 20
	big := strings.Repeat("b", 100000)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			method, head := "GET", "\r\n"
			switch i % 3 {
			case 1:
				method, head = "POST", "Content-Length: 4\r\n\r\nbody"
			case 2:
				method, head = "POST", "Content-Length: 100000\r\n\r\n"+big
			}
			c := dial(t, f.addr)
			c.send(method + " / HTTP/1.1\r\nHost: a\r\n" + head)
			resp, body := c.answer(method)
			want := []string{"", "body", big}[i%3]
			if resp.StatusCode != 200 || body != want {
				t.Errorf("%s: status %d with %d bytes", method, resp.StatusCode, len(body))
			}
		})
	}
	until(t, "all are held", func() bool { return f.Held() == n })
	var served atomic.Int32
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	appOn(t, ln, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	})
	wg.Wait()
	if served.Load() != n || f.Held() != 0 {
		t.Errorf("%d served, %d held", served.Load(), f.Held())
	}
}

func TestHold_gives_up_with_503_and_the_apps_page(t *testing.T) {
	page := filepath.Join(t.TempDir(), "500.html")
	f := serve(t, Config{Upstreams: []string{"http://127.0.0.1:1"}, HoldTimeout: 50 * time.Millisecond, ErrorPage: page})
	resp, body := get(t, f.addr, "Accept: text/html\r\n")
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" || body != "Service Unavailable\n" {
		t.Errorf("without a page: %d %q", resp.StatusCode, body)
	}
	if err := os.WriteFile(page, []byte("<h1>sorry</h1>"), 0o600); err != nil {
		t.Fatal(err)
	}
	resp, body = get(t, f.addr, "Accept: text/html,*/*\r\n")
	if body != "<h1>sorry</h1>" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || resp.Header.Get("Date") == "" {
		t.Errorf("with a page: %q %v", body, resp.Header)
	}
	if resp, body := get(t, f.addr, "Accept: application/json\r\n"); body != "Service Unavailable\n" || resp.Close {
		t.Errorf("for a program: %q, close %v", body, resp.Close)
	}
}

func TestHold_is_bounded(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{"http://127.0.0.1:1"}, HoldTimeout: patience, MaxHeld: 2})
	for range 2 {
		dial(t, f.addr).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	}
	until(t, "two are held", func() bool { return f.Held() == 2 })
	if resp, _ := get(t, f.addr, ""); resp.StatusCode != 503 {
		t.Errorf("status %d", resp.StatusCode)
	}
	f.stop() // a proxy that ends does not keep them
	until(t, "nobody is held", func() bool { return f.Held() == 0 })
}

// watcher runs a real poller until the test ends.
func watcher(t *testing.T) ClientWatcher {
	t.Helper()
	p, err := poll.New(poll.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("poller: %v", err)
		}
	})
	return PollWatcher{p}
}

func TestWatch_a_client_that_leaves_is_not_held(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{"http://127.0.0.1:1"}, HoldTimeout: patience, Watcher: watcher(t)})
	c := dial(t, f.addr)
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	until(t, "it is held", func() bool { return f.Held() == 1 })
	_ = c.Close()
	until(t, "it is let go", func() bool { return f.Held() == 0 })
}

func TestWatch_a_client_that_leaves_cancels_the_apps_work(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		working, cancelled := make(chan struct{}), make(chan struct{})
		f := serve(t, Config{Watcher: watcher(t), Upstreams: []string{app(t, func(w http.ResponseWriter, r *http.Request) {
			if streaming {
				w.(http.Flusher).Flush()
			}
			close(working)
			<-r.Context().Done()
			close(cancelled)
		})}})
		c := dial(t, f.addr)
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		receive(t, working, "the app's work")
		if streaming {
			if _, err := readHeadText(c.r); err != nil {
				t.Fatal(err)
			}
		}
		_ = c.Close()
		receive(t, cancelled, "the cancellation")
	}
}

// announced tells when a client is being watched.
type announced struct {
	ClientWatcher
	began chan struct{}
}

func (a announced) Watch(nc net.Conn, gone func()) func() {
	defer func() { a.began <- struct{}{} }()
	return a.ClientWatcher.Watch(nc, gone)
}

func TestWatch_leaves_the_connection_as_it_was(t *testing.T) {
	watching := announced{watcher(t), make(chan struct{}, 10)}
	release := make(chan struct{})
	f := serve(t, Config{Watcher: watching, Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
		for {
			head, err := readHeadText(r)
			if err != nil {
				return
			}
			if strings.Contains(head, "/slow") {
				<-release
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})}})
	c := dial(t, f.addr)
	for range 3 {
		c.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
		receive(t, watching.began, "the watch")
		release <- struct{}{}
		for range 2 {
			if resp, body := c.answer("GET"); resp.StatusCode != 200 || body != "ok" {
				t.Fatalf("status %d %q", resp.StatusCode, body)
			}
		}
	}
}
