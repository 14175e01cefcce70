package engine_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"realtime/core/engine"
)

// reply is an HTTP answer, read to its end.
type reply struct {
	status int
	body   string
	header http.Header
}

// browser speaks HTTP to a house with connections of its own.
type browser struct {
	t    testing.TB
	http *http.Client
	base string
}

func newBrowser(t testing.TB, h *house) *browser {
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, http: &http.Client{Transport: transport, Timeout: time.Minute}, base: "http://" + h.url}
}

// do sends a request to the engine; query is what follows the path, header lines are "Name: value".
func (b *browser) do(method, query, body string, header ...string) reply {
	b.t.Helper()
	return b.at(method, "?"+query, body, header...)
}

// at is do for what stands behind the engine's path, which may have more to it than a query.
func (b *browser) at(method, rest, body string, header ...string) reply {
	b.t.Helper()
	req, err := http.NewRequest(method, b.base+"/engine.io/"+rest, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Errorf("%s %s: %v", method, rest, err)
		return reply{}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Errorf("%s %s: %v", method, rest, err)
	}
	return reply{resp.StatusCode, string(text), resp.Header}
}

const polling = "EIO=4&transport=polling"

// handshake opens a polling session and returns its id.
func (b *browser) handshake() string {
	b.t.Helper()
	r := b.do("GET", polling, "")
	if r.status != 200 || !strings.HasPrefix(r.body, "0{") {
		b.t.Fatalf("handshake: %d %q", r.status, r.body)
	}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(r.body[1:]), &open); err != nil {
		b.t.Fatal(err)
	}
	return open.SID
}

func (b *browser) poll(sid string) reply { b.t.Helper(); return b.do("GET", polling+"&sid="+sid, "") }

func (b *browser) post(sid, body string) reply {
	b.t.Helper()
	return b.do("POST", polling+"&sid="+sid, body, "Content-Type: text/plain;charset=UTF-8")
}

// later runs a request on its own; its reply comes over the channel.
func later(request func() reply) <-chan reply {
	ch := make(chan reply, 1)
	go func() { ch <- request() }()
	return ch
}

// wants fails unless the reply is as expected.
func (r reply) wants(t *testing.T, status int, body string) {
	t.Helper()
	if r.status != status || r.body != body {
		t.Errorf("got %d %q, want %d %q", r.status, r.body, status, body)
	}
}

// dial opens a WebSocket. It returns the answer when the upgrade was refused.
func (b *browser) dial(query string, header ...string) (*websocket.Conn, reply) {
	b.t.Helper()
	return b.dialAt("?"+query, header...)
}

// dialAt is dial for what stands behind the engine's path.
func (b *browser) dialAt(rest string, header ...string) (*websocket.Conn, reply) {
	b.t.Helper()
	h := http.Header{}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	dialer := websocket.Dialer{HandshakeTimeout: time.Minute}
	ws, resp, err := dialer.Dial("ws"+strings.TrimPrefix(b.base, "http")+"/engine.io/"+rest, h)
	if err != nil {
		if resp == nil {
			b.t.Fatalf("dial %s: %v", rest, err)
		}
		text, _ := io.ReadAll(resp.Body)
		return nil, reply{resp.StatusCode, string(text), resp.Header}
	}
	_ = ws.SetReadDeadline(time.Now().Add(time.Minute))
	b.t.Cleanup(func() { ws.Close() })
	return ws, reply{}
}

// expect reads one text message.
func expect(t *testing.T, ws *websocket.Conn, want string) {
	t.Helper()
	_, got, err := ws.ReadMessage()
	if err != nil || string(got) != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

func say(t *testing.T, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// expectClose reads until the WebSocket is closed and compares the code.
func expectClose(t *testing.T, ws *websocket.Conn, code int) {
	t.Helper()
	for {
		_, _, err := ws.ReadMessage()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, code) {
			t.Errorf("closed with %v, want code %d", err, code)
		}
		return
	}
}

// quiet are timings under which no heartbeat comes between the steps of a test.
var quiet = engine.Config{PingInterval: time.Minute, PingTimeout: time.Minute}
