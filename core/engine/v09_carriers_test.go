package engine_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"realtime/core/engine"
)

// open09 is an engine for these clients, one of which is in; the test hears from its session.
func open09(t *testing.T, cfg engine.Config) (*gate09, *browser, *engine.Session, string) {
	t.Helper()
	g := newGate09(letIn)
	b := newBrowser(t, open(t, cfg, g))
	sid := b.knock09()
	return g, b, <-g.sessions, sid
}

func TestV09_polling(t *testing.T) {
	g, b, s, sid := open09(t, engine.Config{})
	r := b.poll09(sid)
	r.wants(t, 200, "1::") // at once
	if got := r.header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
		t.Errorf("content type %q", got)
	}
	if got := s.Transport(); got != "polling" {
		t.Errorf("transport %q", got)
	}
	b.post09(sid, `5:::{"name":"x"}`).wants(t, 200, "1")
	b.post09(sid, "\ufffd5\ufffd3:::é\ufffd3\ufffd2::\ufffd6\ufffd3:::👩").wants(t, 200, "1")
	for _, want := range []string{`5:::{"name":"x"}`, "3:::é", "3:::👩"} {
		if got := <-g.heard; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	send09(s, "3:::one")
	b.poll09(sid).wants(t, 200, "3:::one")
	send09(s, "3:::é")
	send09(s, "3:::👩‍🚀")
	b.poll09(sid).wants(t, 200, "\ufffd5\ufffd3:::é\ufffd9\ufffd3:::👩‍🚀")
	poll := later(func() reply { return b.poll09(sid) })
	until(s.Polled)
	send09(s, "3:::awaited")
	(<-poll).wants(t, 200, "3:::awaited")
}

func TestV09_poll_is_released_when_there_is_nothing_to_say(t *testing.T) {
	_, b, _, sid := open09(t, engine.Config{PollingDuration: 50 * time.Millisecond})
	b.poll09(sid).wants(t, 200, "1::")
	for range 3 {
		b.poll09(sid).wants(t, 200, "8::")
	}
}

func TestV09_poll_replaces_the_former(t *testing.T) {
	_, b, s, sid := open09(t, engine.Config{})
	b.poll09(sid).wants(t, 200, "1::")
	first := later(func() reply { return b.poll09(sid) })
	until(s.Polled)
	second := later(func() reply { return b.poll09(sid) })
	(<-first).wants(t, 200, "8::")
	until(s.Polled)
	send09(s, "3:::x")
	(<-second).wants(t, 200, "3:::x")
}

func TestV09_session_waits_for_the_close_timeout(t *testing.T) {
	g, b, s, sid := open09(t, engine.Config{CloseTimeout: time.Second})
	b.poll09(sid).wants(t, 200, "1::")
	begin := time.Now()
	send09(s, "3:::nobody takes it")
	if got := <-g.ended; got != "transport close" || time.Since(begin) < 900*time.Millisecond {
		t.Errorf("%q after %v", got, time.Since(begin))
	}
	b.poll09(sid).wants(t, 200, unknown09)
}

func TestV09_poll_that_is_given_up_keeps_what_was_queued(t *testing.T) {
	h := open(t, engine.Config{}, newGate09(letIn))
	b := newBrowser(t, h)
	g := h.floor.(*gate09)
	sid := b.knock09()
	s := <-g.sessions
	b.poll09(sid).wants(t, 200, "1::")
	c := h.raw("GET /engine.io/1/xhr-polling/" + sid + " HTTP/1.1\r\nHost: x\r\n\r\n")
	until(s.Polled)
	c.Close()
	untilNot(s.Polled)
	send09(s, "3:::kept")
	b.poll09(sid).wants(t, 200, "3:::kept")
}

func TestV09_posts_may_overtake_each_other_but_not_what_is_in_them(t *testing.T) {
	taken, proceed := make(chan string, 8), make(chan bool)
	var session *engine.Session
	opened := make(chan bool, 1)
	b := newBrowser(t, open(t, engine.Config{}, handlerFunc(func(s *engine.Session) engine.Client {
		letIn(s)
		session = s
		opened <- true
		return clientFunc{
			receive: func(data []byte, _ bool) engine.Flow {
				taken <- string(data)
				<-proceed
				return engine.Pause
			},
			closed: func(engine.Reason) {},
		}
	})))
	sid := b.knock09()
	<-opened
	first := later(func() reply { return b.post09(sid, "\ufffd5\ufffd3:::a\ufffd5\ufffd3:::b") })
	got := []string{<-taken}
	second := later(func() reply { return b.post09(sid, "3:::c") })
	until(func() bool { return session.Posts() == 2 })
	for range 2 {
		proceed <- true
		until(session.Paused)
		session.Resume()
		got = append(got, <-taken)
	}
	proceed <- true
	until(session.Paused)
	session.Resume()
	(<-first).wants(t, 200, "1")
	(<-second).wants(t, 200, "1")
	if all := strings.Join(got, " "); all != "3:::a 3:::b 3:::c" {
		t.Errorf("taken in as %s", all)
	}
}

func TestV09_bodies(t *testing.T) {
	g, b, _, sid := open09(t, engine.Config{MaxPayload: 1000})
	b.post09(sid, "").wants(t, 200, "1")
	b.post09(sid, strings.Repeat("x", 1001)).wants(t, 413, "")
	b.poll09(sid).wants(t, 200, "1::")
	b.post09(sid, "what?").wants(t, 200, "1")
	if got := <-g.ended; got != "parse error" {
		t.Errorf("ended with %q", got)
	}
}

func TestV09_jsonp(t *testing.T) {
	g, b, s, sid := open09(t, engine.Config{})
	own := "Referer: " + b.base + "/page"
	path := "1/jsonp-polling/" + sid
	r := b.at("GET", path+"?i=7", "", own)
	r.wants(t, 200, `io.j[7]("1::");`)
	if got := r.header.Get("Content-Type"); got != "text/javascript; charset=UTF-8" {
		t.Errorf("content type %q", got)
	}
	if got := s.Transport(); got != "jsonp" {
		t.Errorf("transport %q", got)
	}
	form := url.Values{"d": {`"3:::a\nb é+&"`}}.Encode()
	b.at("POST", path+"?i=7", form, own, "Content-Type: application/x-www-form-urlencoded").wants(t, 200, "1")
	if got := <-g.heard; got != "3:::a\nb é+&" {
		t.Errorf("heard %q", got)
	}
	send09(s, "3:::\u2028\"")
	send09(s, "3:::é")
	b.at("GET", path+"?i=alert(1)", "", own).wants(t, 200, "io.j[0](\"\ufffd6\ufffd3:::\\u2028\\\"\ufffd5\ufffd3:::é\");")
	b.at("POST", path, "d=what", own).wants(t, 200, "1")
	if got := <-g.ended; got != "parse error" {
		t.Errorf("a form that is none: ended with %q", got)
	}
}

func TestV09_htmlfile(t *testing.T) {
	h := open(t, engine.Config{HeartbeatInterval: 50 * time.Millisecond}, newGate09(letIn))
	b := newBrowser(t, h)
	g := h.floor.(*gate09)
	sid := b.knock09()
	s := <-g.sessions
	c := h.raw("GET /engine.io/1/htmlfile/" + sid + " HTTP/1.1\r\nHost: x\r\nReferer: http://x/page\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/html; charset=UTF-8" || resp.ContentLength != -1 {
		t.Errorf("content type %q, length %d", got, resp.ContentLength)
	}
	page := bufio.NewReader(resp.Body)
	next := func() string {
		t.Helper()
		text, err := page.ReadString('>')
		if err != nil {
			t.Fatalf("%q, %v", text, err)
		}
		rest, err := page.ReadString('>')
		if err != nil {
			t.Fatalf("%q, %v", rest, err)
		}
		return strings.TrimSpace(text) + rest
	}
	for _, want := range []string{"<html><body>", "<script>var _ = function (msg) { parent.s._(msg, document); };</script>", `<script>_("1::");</script>`, `<script>_("2::");</script>`} {
		if got := next(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := s.Transport(); got != "htmlfile" {
		t.Errorf("transport %q", got)
	}
	b.at("POST", "1/htmlfile/"+sid, "2::", "Referer: "+b.base).wants(t, 200, "1")
	send09(s, "3:::</script")
	for got := next(); got != `<script>_("3:::\u003c\/script");</script>`; got = next() {
		if got != `<script>_("2::");</script>` {
			t.Fatalf("got %q", got)
		}
	}
	s.Close(engine.ServerShutdown)
	rest, err := io.ReadAll(page)
	if err != nil || !strings.HasSuffix(string(rest), `<script>_("7:::1+0");</script>`) {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestV09_stream_that_nobody_reads_holds_nobody_up(t *testing.T) {
	h := open(t, engine.Config{MaxQueueBytes: 1 << 20}, newGate09(letIn))
	g := h.floor.(*gate09)
	sid := newBrowser(t, h).knock09()
	s := <-g.sessions
	h.raw("GET /engine.io/1/htmlfile/" + sid + " HTTP/1.1\r\nHost: x\r\nReferer: http://x/page\r\n\r\n")
	until(s.Streaming)
	m := engine.NewMessage(engine.V09, []byte("3:::"+strings.Repeat("x", 64<<10)), nil)
	for s.Send(m, false) {
		h.engine.WaitBacklog(t.Context())
	}
	if got := <-g.ended; got != "transport error" {
		t.Errorf("ended with %q", got)
	}
}

func TestV09_stream_that_breaks_is_replaced(t *testing.T) {
	h := open(t, engine.Config{}, newGate09(letIn))
	b := newBrowser(t, h)
	g := h.floor.(*gate09)
	sid := b.knock09()
	s := <-g.sessions
	c := h.raw("GET /engine.io/1/htmlfile/" + sid + " HTTP/1.0\r\nHost: x\r\nReferer: http://x/page\r\n\r\n")
	r := bufio.NewReader(c)
	for line := ""; !strings.Contains(line, `_("1::")`); {
		piece, err := r.ReadString('>')
		if err != nil {
			t.Fatal(err)
		}
		line += piece
	}
	c.Close()
	untilNot(s.Streaming)
	send09(s, "3:::kept")
	b.poll09(sid).wants(t, 200, "3:::kept")
}

func TestV09_websocket(t *testing.T) {
	for _, version := range []string{"13", "8", "7"} {
		t.Run(version, func(t *testing.T) {
			g, b, s, sid := open09(t, engine.Config{HeartbeatInterval: 50 * time.Millisecond, HeartbeatTimeout: time.Minute})
			c := newBrowserRaw(b, sid, version)
			c.expect(t, "1::")
			if got := s.Transport(); got != "websocket" {
				t.Errorf("transport %q", got)
			}
			c.expect(t, "2::")
			c.say(t, "2::")
			c.say(t, `5:1+::{"name":"x"}`)
			if got := <-g.heard; got != `5:1+::{"name":"x"}` {
				t.Errorf("heard %q", got)
			}
			c.expect(t, "2::")
			c.say(t, "0::")
			if got := <-g.ended; got != "client namespace disconnect" {
				t.Errorf("ended with %q", got)
			}
		})
	}
}

func TestV09_heartbeat_that_is_not_answered(t *testing.T) {
	g, b, _, sid := open09(t, engine.Config{HeartbeatInterval: 50 * time.Millisecond, HeartbeatTimeout: 50 * time.Millisecond})
	ws, _ := b.dialAt("1/websocket/" + sid)
	expect(t, ws, "1::")
	expect(t, ws, "2::")
	if got := <-g.ended; got != "ping timeout" {
		t.Errorf("ended with %q", got)
	}
}

func TestV09_websocket_that_breaks_is_replaced_and_nothing_is_lost(t *testing.T) {
	_, b, s, sid := open09(t, engine.Config{})
	ws, _ := b.dialAt("1/websocket/" + sid)
	expect(t, ws, "1::")
	ws.NetConn().Close()
	untilNot(s.Carried)
	send09(s, "3:::one")
	send09(s, "3:::two")
	b.poll09(sid).wants(t, 200, "\ufffd7\ufffd3:::one\ufffd7\ufffd3:::two")
	ws, _ = b.dialAt("1/websocket/" + sid) // and back again
	send09(s, "3:::three")
	expect(t, ws, "3:::three")
}

func TestV09_websocket_replaces_a_poll_and_another_websocket(t *testing.T) {
	_, b, s, sid := open09(t, engine.Config{})
	b.poll09(sid).wants(t, 200, "1::")
	poll := later(func() reply { return b.poll09(sid) })
	until(s.Polled)
	first, _ := b.dialAt("1/flashsocket/" + sid)
	(<-poll).wants(t, 200, "8::")
	if got := s.Transport(); got != "flashsocket" {
		t.Errorf("transport %q", got)
	}
	second, _ := b.dialAt("1/websocket/" + sid)
	expectClose(t, first, 1005)
	send09(s, "3:::x")
	expect(t, second, "3:::x")
}

func TestV09_goodbye(t *testing.T) {
	g, b, _, sid := open09(t, engine.Config{})
	ws, _ := b.dialAt("1/websocket/" + sid)
	expect(t, ws, "1::")
	b.at("GET", "1/websocket/"+sid+"?disconnect", "").wants(t, 200, "")
	expect(t, ws, "0::")
	expectClose(t, ws, 1005)
	if got := <-g.ended; got != "client namespace disconnect" {
		t.Errorf("ended with %q", got)
	}
	b.poll09(sid).wants(t, 200, unknown09)
}

func TestV09_close_by_the_server(t *testing.T) {
	for _, c := range []struct {
		name, last, want string
	}{
		{"so that the client comes back", "3:::x", "\ufffd5\ufffd3:::x\ufffd7\ufffd" + unknown09},
		{"for good", "0::", "0::"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, b, s, sid := open09(t, engine.Config{})
			b.poll09(sid).wants(t, 200, "1::")
			send09(s, c.last)
			s.Close(engine.ForcedServerClose)
			if got := <-g.ended; got != "forced server close" {
				t.Errorf("ended with %q", got)
			}
			b.poll09(sid).wants(t, 200, c.want)
			b.poll09(sid).wants(t, 200, unknown09)
		})
	}
}

// rawSocket is a WebSocket by hand, for versions that no library speaks.
type rawSocket struct {
	r *bufio.Reader
	w io.Writer
}

func newBrowserRaw(b *browser, sid, version string) *rawSocket {
	b.t.Helper()
	h := &house{t: b.t, url: strings.TrimPrefix(b.base, "http://")}
	c := h.raw("GET /engine.io/1/websocket/" + sid + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: " + version + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Origin: http://x\r\n\r\n")
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		b.t.Fatalf("%v, %v", resp, err)
	}
	return &rawSocket{r, c}
}

func (s *rawSocket) expect(t *testing.T, want string) {
	t.Helper()
	frame := make([]byte, 2+len(want))
	if _, err := io.ReadFull(s.r, frame); err != nil || string(frame) != fmt.Sprintf("\x81%c%s", len(want), want) {
		t.Fatalf("got %q, %v, want %q", frame, err, want)
	}
}

func (s *rawSocket) say(t *testing.T, text string) {
	t.Helper()
	frame := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...) // a mask of zeros
	if _, err := s.w.Write(frame); err != nil {
		t.Fatal(err)
	}
}
