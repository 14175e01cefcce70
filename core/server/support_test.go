package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// running is a server on real ports, in front of a real app.
type running struct {
	*Server
	t      *testing.T
	log    *logBook
	base   string // "http://127.0.0.1:1234"
	cancel context.CancelFunc
	done   chan error
}

// start runs a server whose options set may change. It is stopped at the end of the test.
func start(t *testing.T, set func(*Options)) *running {
	t.Helper()
	o := Defaults()
	o.Listen = []string{"127.0.0.1:0"}
	o.HealthListen = "127.0.0.1:0"
	o.Socket = filepath.Join(t.TempDir(), "app.sock")
	o.Connect = "open"
	o.DrainSpread = 0
	o.Version = "1.2.3"
	set(&o)
	r := &running{t: t, log: &logBook{}, done: make(chan error, 1)}
	s, err := New(o, slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	r.Server = s
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- s.Run(ctx) }()
	select {
	case <-s.Listening():
	case err := <-r.done:
		t.Fatalf("did not start: %v", err)
	}
	r.base = "http://" + s.Addr()[0].String()
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return r
}

// stop ends the server and waits for it. It may be called again.
func (r *running) stop() error {
	r.cancel()
	select {
	case err := <-r.done:
		r.done <- err
		return err
	case <-time.After(2 * patience):
		return fmt.Errorf("did not stop; log:\n%s", r.log.text())
	}
}

// app starts an upstream.
func app(t *testing.T, handler http.HandlerFunc) (url string) {
	t.Helper()
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	return upstream.URL
}

// answer is what a GET brought.
type answer struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, url string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	// The standard client would unpack what it asked for itself.
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// raw sends bytes as they are and returns all that comes back until the connection ends.
func (r *running) raw(request string) string {
	r.t.Helper()
	nc, err := net.Dial("tcp", r.Addr()[0].String())
	if err != nil {
		r.t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(nc, request); err != nil {
		r.t.Fatal(err)
	}
	text, err := io.ReadAll(bufio.NewReader(nc))
	if err != nil {
		r.t.Fatalf("%v after %q", err, text)
	}
	return string(text)
}

// client is a Socket.IO client on a WebSocket, written out by hand.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

// connect opens a session and the main namespace.
func (r *running) connect() *client {
	r.t.Helper()
	c := r.dial()
	c.expect(`0{"sid"`)
	c.send("40")
	c.expect(`40{"sid"`)
	return c
}

// dial opens a session.
func (r *running) dial() *client {
	r.t.Helper()
	url := "ws" + strings.TrimPrefix(r.base, "http") + "/socket.io/?EIO=4&transport=websocket"
	ws, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	return &client{r.t, ws}
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// expect reads one message and checks how it begins.
func (c *client) expect(prefix string) {
	c.t.Helper()
	_, data, err := c.ws.ReadMessage()
	if err != nil || !bytes.HasPrefix(data, []byte(prefix)) {
		c.t.Fatalf("got %q, %v; want %s…", data, err, prefix)
	}
}

// logBook keeps what was logged.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
