package engine_test

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"realtime/core/engine"
)

// plainHouse serves clients without Socket.IO. The sessions that open, what their clients say and how
// they end comes over the gate's channels.
func plainHouse(t *testing.T, cfg engine.Config) (*browser, *gate, *house) {
	t.Helper()
	cfg.PlainClients = true
	if cfg.PingInterval == 0 {
		cfg.PingInterval, cfg.PingTimeout = quiet.PingInterval, quiet.PingTimeout
	}
	g := newGate()
	g.pauses.Store(false)
	h := open(t, cfg, g)
	return newBrowser(t, h), g, h
}

func plainMessage(text string) *engine.Message {
	return engine.NewMessage(engine.Plain, []byte(text), nil)
}

// An eventSource is the answer to an EventSource's request, read line by line.
type eventSource struct {
	t    *testing.T
	body *http.Response
	r    *bufio.Reader
}

func (b *browser) eventSource(t *testing.T, header ...string) *eventSource {
	t.Helper()
	req, err := http.NewRequest("GET", b.base+"/engine.io/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	answer, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &eventSource{t, answer, bufio.NewReader(answer.Body)}
}

// block is the lines up to the next empty one.
func (e *eventSource) block() string {
	e.t.Helper()
	var lines []string
	for {
		line, err := e.r.ReadString('\n')
		if err != nil {
			e.t.Fatalf("behind %q: %v", lines, err)
		}
		if line == "\n" {
			return strings.Join(lines, "")
		}
		lines = append(lines, line)
	}
}

func (e *eventSource) expect(want ...string) {
	e.t.Helper()
	for _, block := range want {
		if got := e.block(); got != block {
			e.t.Errorf("got %q, want %q", got, block)
		}
	}
}

// ends reads to the end, at which there must be nothing more.
func (e *eventSource) ends() {
	e.t.Helper()
	if rest, err := e.r.ReadString(0); err == nil || rest != "" {
		e.t.Errorf("more: %q", rest)
	}
}

func TestPlain_off_there_is_no_such_door(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	b.at("GET", "plain", "", "Accept: text/event-stream").wants(t, 400, `{"code":0,"message":"Transport unknown"}`)
	if _, r := b.dialAt("plain"); r.status != 400 {
		t.Errorf("a WebSocket: %d %q", r.status, r.body)
	}
}

func TestPlain_websocket_carries_texts_as_they_are(t *testing.T) {
	b, g, _ := plainHouse(t, engine.Config{})
	ws, _ := b.dialAt("plain?room=x")
	s := <-g.sessions
	if s.Dialect() != engine.Plain || s.Transport() != "websocket" {
		t.Errorf("%s over %s", s.Dialect(), s.Transport())
	}
	s.Send(plainMessage(`{"event":"é"}`), false)
	expect(t, ws, `{"event":"é"}`)
	say(t, ws, `{"event":"b"}`)
	if got := <-g.got; got != `{"event":"b"}` {
		t.Errorf("got %q", got)
	}
	s.Close(engine.ForcedServerClose)
	expectClose(t, ws, websocket.CloseNoStatusReceived)
	<-g.ended
}

func TestPlain_websocket_binary_messages_end_it(t *testing.T) {
	b, g, _ := plainHouse(t, engine.Config{})
	ws, _ := b.dialAt("plain")
	if err := ws.WriteMessage(websocket.BinaryMessage, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	expectClose(t, ws, websocket.CloseNoStatusReceived)
	if got := <-g.ended; got != engine.ParseError.String() {
		t.Errorf("ended with %q", got)
	}
}

// brisk are heartbeats that come often; patient waits for the answer longer than any machine is busy.
var (
	brisk   = engine.Config{PingInterval: 20 * time.Millisecond, PingTimeout: 50 * time.Millisecond}
	patient = engine.Config{PingInterval: 20 * time.Millisecond, PingTimeout: time.Minute}
)

func TestPlain_websocket_is_pinged_by_the_protocol_itself(t *testing.T) {
	b, g, _ := plainHouse(t, patient)
	ws, _ := b.dialAt("plain")
	s := <-g.sessions
	pings := 0
	answer := ws.PingHandler()
	ws.SetPingHandler(func(text string) error {
		if pings++; pings == 3 { // each came because the one before was answered
			s.Send(plainMessage("enough"), false)
		}
		return answer(text)
	})
	expect(t, ws, "enough")
}

func TestPlain_websocket_that_answers_no_ping_is_closed(t *testing.T) {
	b, g, _ := plainHouse(t, brisk)
	ws, _ := b.dialAt("plain")
	ws.SetPingHandler(func(string) error { return nil })
	expectClose(t, ws, websocket.CloseNoStatusReceived)
	if got := <-g.ended; got != engine.PingTimeout.String() {
		t.Errorf("ended with %q", got)
	}
}

func TestPlain_subprotocols(t *testing.T) {
	b, _, _ := plainHouse(t, engine.Config{Subprotocols: []string{"board.v1", "board.v2"}})
	for asked, want := range map[string]string{
		"": "", "board.v2": "board.v2", "other, board.v2 ,board.v1": "board.v2",
	} {
		var header []string
		if asked != "" {
			header = append(header, "Sec-WebSocket-Protocol: "+asked)
		}
		ws, r := b.dialAt("plain", header...)
		if ws == nil {
			t.Errorf("%q: %d %q", asked, r.status, r.body)
			continue
		}
		if got := ws.Subprotocol(); got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
	for _, asked := range []string{"other", "board.v", "BOARD.V1"} {
		if _, r := b.dialAt("plain", "Sec-WebSocket-Protocol: "+asked); r.status != 400 {
			t.Errorf("%q: %d %q", asked, r.status, r.body)
		}
	}
}

func TestPlain_event_source_is_told_events_with_their_ids(t *testing.T) {
	b, g, _ := plainHouse(t, engine.Config{})
	e := b.eventSource(t)
	h := e.body.Header
	if got := h.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("type %q", got)
	}
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Accel-Buffering") != "no" {
		t.Errorf("a proxy may keep it: %v", h)
	}
	s := <-g.sessions
	if s.Transport() != "eventsource" {
		t.Errorf("transport %q", s.Transport())
	}
	e.expect(":\n") // so that the page knows that it is open
	s.Send(plainMessage(`{"event":"a"}`), false)
	e.expect("data: {\"event\":\"a\"}\n")
	s.Send(plainMessage(`{"event":"é"}`).Named("k3-2"), false)
	s.Send(plainMessage(`{"event":"c"}`).Named("k4"), false)
	e.expect("id: k3-2\ndata: {\"event\":\"é\"}\n", "id: k4\ndata: {\"event\":\"c\"}\n")
	s.Close(engine.ForcedServerClose)
	e.ends()
	<-g.ended
}

// An EventSource comes back by itself, and is told how soon.
func TestPlain_event_source_that_is_sent_away_for_good_comes_back_late(t *testing.T) {
	b, g, _ := plainHouse(t, engine.Config{})
	e := b.eventSource(t)
	s := <-g.sessions
	s.Refuse(plainMessage(`{"event":"connect_error","args":[]}`))
	e.expect(":\n", "retry: 3600000\ndata: {\"event\":\"connect_error\",\"args\":[]}\n")
	e.ends()
}

func TestPlain_event_source_is_pinged_with_comments(t *testing.T) {
	b, _, _ := plainHouse(t, brisk) // nothing can answer
	e := b.eventSource(t)
	e.expect(":\n", ":\n", ":\n", ":\n", ":\n", ":\n")
}

func TestPlain_event_source_that_leaves_is_noticed(t *testing.T) {
	b, g, _ := plainHouse(t, engine.Config{})
	e := b.eventSource(t)
	<-g.sessions
	e.body.Body.Close()
	if got := <-g.ended; got != engine.TransportClose.String() && got != engine.TransportError.String() {
		t.Errorf("ended with %q", got)
	}
}

// A client that does not read is closed when more waits for it than may.
func TestPlain_event_source_that_does_not_read_is_closed(t *testing.T) {
	b, g, h := plainHouse(t, engine.Config{MaxQueueBytes: 64 << 10, MaxBacklog: 1 << 20})
	b.eventSource(t)
	s := <-g.sessions
	m := plainMessage(`{"event":"large","args":["` + strings.Repeat("x", 32<<10) + `"]}`)
	for {
		s.Send(m, false)
		h.engine.WaitBacklog(t.Context()) // as every publisher does
		select {
		case <-g.ended:
			return
		default:
		}
	}
}

func TestPlain_origins(t *testing.T) {
	b, g, _ := plainHouse(t, engine.Config{Origins: []string{"https://listed.example"}})
	e := b.eventSource(t, "Origin: https://listed.example")
	h := e.body.Header
	if h.Get("Access-Control-Allow-Origin") != "https://listed.example" || !slices.Contains(h.Values("Vary"), "Origin") {
		t.Errorf("a listed page cannot read it: %v", h)
	}
	<-g.sessions
	foreign := b.eventSource(t, "Origin: https://foreign.example")
	if foreign.body.StatusCode != 403 || foreign.body.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a foreign page: %d %v", foreign.body.StatusCode, foreign.body.Header)
	}
	if _, r := b.dialAt("plain", "Origin: https://foreign.example"); r.status != 403 {
		t.Errorf("a foreign page's WebSocket: %d", r.status)
	}
	asked := b.at("OPTIONS", "plain", "", "Origin: https://listed.example", "Access-Control-Request-Method: GET")
	if asked.status != 204 || asked.header.Get("Access-Control-Allow-Origin") != "https://listed.example" {
		t.Errorf("asked before: %d %v", asked.status, asked.header)
	}
}

func TestPlain_other_requests_are_refused(t *testing.T) {
	b, _, _ := plainHouse(t, engine.Config{})
	for _, method := range []string{"POST", "HEAD", "DELETE"} {
		if r := b.at(method, "plain", ""); r.status != 405 || r.header.Get("Allow") != "GET, OPTIONS" {
			t.Errorf("%s: %d %v", method, r.status, r.header)
		}
	}
	b.at("GET", "plain", "").wants(t, 400, `{"code":3,"message":"Bad request"}`)
	b.at("GET", "plain/more", "", "Accept: text/event-stream").wants(t, 400, `{"code":0,"message":"Transport unknown"}`)
}

func TestPlain_count_as_sessions(t *testing.T) {
	b, g, _ := plainHouse(t, engine.Config{MaxSessions: 1})
	b.eventSource(t)
	<-g.sessions
	if e := b.eventSource(t); e.body.StatusCode != 503 {
		t.Errorf("one more than max_sessions: %d", e.body.StatusCode)
	}
	if _, r := b.dialAt("plain"); r.status != 503 {
		t.Errorf("one more WebSocket: %d", r.status)
	}
}
