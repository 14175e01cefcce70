package engine_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"realtime/core/engine"
)

const (
	polling3 = "EIO=3&transport=polling"
	upgrade3 = "EIO=3&transport=websocket"
	bytes3   = "Content-Type: application/octet-stream"
	text3    = "Content-Type: text/plain;charset=UTF-8"
)

// old is a polling client of revision 3.
type old struct {
	*browser
	query string
	sid   string
}

// handshake3 opens a session; more is added to its query.
func (b *browser) handshake3(more string) old {
	b.t.Helper()
	r := b.do("GET", polling3+more, "")
	_, packet, ok := strings.Cut(r.body, "0{")
	var opened struct{ SID string }
	if err := json.Unmarshal([]byte("{"+packet), &opened); r.status != 200 || !ok || err != nil {
		b.t.Fatalf("handshake: %d %q, %v", r.status, r.body, err)
	}
	return old{b, polling3 + "&sid=" + opened.SID, opened.SID}
}

func (o old) poll() reply { o.t.Helper(); return o.do("GET", o.query, "") }

func (o old) post(body string, header ...string) reply {
	o.t.Helper()
	return o.do("POST", o.query, body, append([]string{text3}, header...)...)
}

func TestEIO3_handshake(t *testing.T) {
	cfg := engine.Config{Cookie: "io", InitialPacket: "hello"}
	b := newBrowser(t, open(t, cfg, newEcho()))
	for _, revision := range []string{"3", "2"} {
		r := b.do("GET", "transport=polling&EIO="+revision, "")
		var length int
		if _, err := fmt.Sscanf(r.body, "%d:", &length); err != nil {
			t.Fatal(err)
		}
		head := len(fmt.Sprint(length)) + 1
		packet, rest := r.body[head:head+length], r.body[head+length:]
		var keys map[string]any
		if err := json.Unmarshal([]byte(packet[1:]), &keys); err != nil {
			t.Fatal(err)
		}
		sid := keys["sid"].(string)
		delete(keys, "sid")
		want := `map[maxPayload:1e+06 pingInterval:25000 pingTimeout:20000 upgrades:[websocket]]`
		if got := fmt.Sprint(keys); got != want || rest != "6:4hello" {
			t.Errorf("got %s, then %q", got, rest)
		}
		if got := r.header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
			t.Errorf("content type %q", got)
		}
		if got := r.header.Get("Set-Cookie"); !strings.HasPrefix(got, "io="+sid) {
			t.Errorf("cookie %q", got)
		}
	}
	ws, _ := b.dial(upgrade3)
	if _, first, err := ws.ReadMessage(); err != nil || first[0] != '0' || !strings.Contains(string(first), `"upgrades":[]`) {
		t.Fatalf("%q, %v", first, err)
	}
	expect(t, ws, "4hello")
}

func TestEIO3_polling_bodies(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	for _, c := range []struct {
		name, query string
		header      string
		body, want  string
		contentType string
	}{
		{"text", "", text3, "6:4hello2:4a", "6:4hello2:4a", "text/plain; charset=UTF-8"},
		{"binary data", "", text3, "6:4hello10:b4AQIDBA==", "\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04", "application/octet-stream"},
		{"binary data to who takes text", "&b64=1", text3, "6:4hello10:b4AQIDBA==", "6:4hello10:b4AQIDBA==", "text/plain; charset=UTF-8"},
		{"bytes", "&b64=1", bytes3, "\x00\x06\xff4hello\x01\x02\xff\x04\x01", "6:4hello6:b4AQ==", "text/plain; charset=UTF-8"},
		{"bytes beyond ASCII", "&b64=1", bytes3, "\x00\x03\xff4é", "2:4é", "text/plain; charset=UTF-8"},
		{"text beyond ASCII", "", text3, "2:4€", "\x00\x04\xff4€", "application/octet-stream"},
		{"text of 2.x", "&b64=1", text3, "2:4€3:4Ã©", "2:4€3:4Ã©", "text/plain; charset=UTF-8"},
		{"text of 1.x", "&b64=1", text3, "3:4Ã©", "3:4Ã©", "text/plain; charset=UTF-8"},
		{"text of 1.x, as bytes", "", text3, "3:4Ã©", "\x00\x03\xff4é", "application/octet-stream"},
		{"text for browsers of 1.0 to 1.3", "&t=1416567000123-0", text3, "6:4hello2:4a", "\x00\x06\xff4hello\x00\x02\xff4a", "application/octet-stream"},
		{"text for 1.3 without XHR2", "&t=1416567000123-0&b64=1", text3, "6:4hello", "6:4hello", "text/plain; charset=UTF-8"},
		{"text for 1.4", "&t=LaPoeQ1-0", text3, "6:4hello", "6:4hello", "text/plain; charset=UTF-8"},
		{"text for Python", "&t=1416567000.1234567", text3, "6:4hello", "6:4hello", "text/plain; charset=UTF-8"},
		{"nothing, and a message", "", text3, "0:2:4a", "2:4a", "text/plain; charset=UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := b.handshake3(c.query)
			o.post(c.body, c.header).wants(t, 200, "ok")
			r := o.poll()
			r.wants(t, 200, c.want)
			if got := r.header.Get("Content-Type"); got != c.contentType {
				t.Errorf("content type %q", got)
			}
		})
	}
}

// What an echo cannot show: the floor above sees the text that was meant, and what it says itself is
// written as the session writes.
func TestEIO3_text_is_what_was_meant(t *testing.T) {
	said := make(chan string, 4)
	sessions := make(chan *engine.Session, 1)
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		sessions <- s
		return clientFunc{
			receive: func(data []byte, _ bool) engine.Flow { said <- string(data); return engine.Continue },
			closed:  func(engine.Reason) {},
		}
	})))
	for _, c := range []struct{ name, body, answer string }{
		{"1.x", "12:4ð\u009f\u0091©â\u0080\u008dð\u009f\u009a\u0080", "7:4hâ\u0082¬Ã©"},
		{"2.x", "6:4👩\u200d🚀", "4:4h€é"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := b.handshake3("&b64=1")
			s := <-sessions
			o.post(c.body).wants(t, 200, "ok")
			if got := <-said; got != "👩\u200d🚀" {
				t.Errorf("it said %q", got)
			}
			s.Send(engine.NewBare(engine.EIO3, []byte("h€é"), false), false)
			o.poll().wants(t, 200, c.answer)
		})
	}
}

func TestEIO3_bad_bodies_end_the_session(t *testing.T) {
	e := newEcho()
	b := newBrowser(t, open(t, quiet, e))
	for name, c := range map[string][2]string{
		"revision 4":    {text3, "4hello"},
		"garbage":       {text3, "abc"},
		"empty":         {text3, ""},
		"cut":           {text3, "9:4hello"},
		"cut bytes":     {bytes3, "\x00\x09\xff4hello"},
		"text as bytes": {bytes3, "6:4hello"},
	} {
		o := b.handshake3("")
		o.post(c[1], c[0]).wants(t, 200, "ok")
		if reason := <-e.ended; reason != "parse error" {
			t.Errorf("%s: reason %q", name, reason)
		}
		o.poll().wants(t, 400, `{"code":1,"message":"Session ID unknown"}`)
	}
}

func TestEIO3_websocket(t *testing.T) {
	e := newEcho()
	b := newBrowser(t, open(t, quiet, e))
	for _, c := range []struct {
		query string
		text  bool // binary data comes back as text
	}{{upgrade3, false}, {upgrade3 + "&b64=1", true}} {
		ws, _ := b.dial(c.query)
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		say(t, ws, "4é 漢字")
		expect(t, ws, "4é 漢字")
		say(t, ws, "2")
		expect(t, ws, "3")
		say(t, ws, "b4AQID")
		expectBinary(t, ws, c.text)
		if err := ws.WriteMessage(websocket.BinaryMessage, []byte{4, 1, 2, 3}); err != nil {
			t.Fatal(err)
		}
		expectBinary(t, ws, c.text)
		if err := ws.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		say(t, ws, "1")
		expectClose(t, ws, websocket.CloseNoStatusReceived)
		if reason := <-e.ended; reason != "transport close" {
			t.Errorf("reason %q", reason)
		}
	}
}

// expectBinary reads the bytes 1 to 3, as a client without b64 gets them or as one with it.
func expectBinary(t *testing.T, ws *websocket.Conn, text bool) {
	t.Helper()
	want, kind := "04010203", websocket.BinaryMessage
	if text {
		want, kind = hex.EncodeToString([]byte("b4AQID")), websocket.TextMessage
	}
	got, data, err := ws.ReadMessage()
	if err != nil || got != kind || hex.EncodeToString(data) != want {
		t.Fatalf("got %d %x, %v", got, data, err)
	}
}

// The browser clients 1.0, which say EIO=2, write text twice encoded on WebSockets, too.
func TestEIO3_text_of_revision_2_on_a_websocket(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	for query, want := range map[string]string{"EIO=2&transport=websocket": "4é", upgrade3: "4Ã©"} {
		ws, _ := b.dial(query)
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		say(t, ws, "4Ã©")
		expect(t, ws, want)
	}
}

func TestEIO3_bad_websocket_messages_end_the_session(t *testing.T) {
	e := newEcho()
	b := newBrowser(t, open(t, quiet, e))
	for _, c := range []struct {
		kind   int
		data   string
		reason string
	}{
		{websocket.TextMessage, "abc", "parse error"},
		{websocket.TextMessage, "", "parse error"},
		{websocket.BinaryMessage, "\x01\x02", "parse error"},
		{websocket.TextMessage, "3", "transport error"},
	} {
		ws, _ := b.dial(upgrade3)
		if err := ws.WriteMessage(c.kind, []byte(c.data)); err != nil {
			t.Fatal(err)
		}
		if reason := <-e.ended; reason != c.reason {
			t.Errorf("%q: reason %q", c.data, reason)
		}
	}
}

func TestEIO3_upgrade(t *testing.T) {
	for _, more := range []string{"", "&b64=1"} {
		b := newBrowser(t, open(t, quiet, newEcho()))
		o := b.handshake3("")
		ws, _ := b.dial(upgrade3 + "&sid=" + o.sid + more)
		say(t, ws, "2probe")
		expect(t, ws, "3probe")
		o.poll().wants(t, 200, "1:6")
		o.post("2:4A").wants(t, 200, "ok")
		o.poll().wants(t, 200, "2:4A")
		o.post("6:b4AQID").wants(t, 200, "ok") // four characters of base64 make three bytes
		say(t, ws, "5")
		expectBinary(t, ws, more != "") // what no poll fetched goes out as the WebSocket needs it
		say(t, ws, "2")
		expect(t, ws, "3")
		o.poll().wants(t, 400, `{"code":3,"message":"Bad request"}`)
	}
}

func TestEIO3_close(t *testing.T) {
	sessions := make(chan *engine.Session, 1)
	e := newEcho()
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		sessions <- s
		return e.Open(s)
	})))
	o := b.handshake3("")
	<-sessions
	poll := later(o.poll)
	o.post("2:4x").wants(t, 200, "ok")
	(<-poll).wants(t, 200, "2:4x")
	o.post("1:1").wants(t, 200, "ok")
	if reason := <-e.ended; reason != "transport close" {
		t.Errorf("reason %q", reason)
	}

	o = b.handshake3("")
	s := <-sessions
	s.Close(engine.ForcedServerClose)
	<-e.ended
	o.poll().wants(t, 200, "1:61:1")
}

func TestEIO3_heartbeat(t *testing.T) {
	cfg := engine.Config{PingInterval: 60 * time.Millisecond, PingTimeout: 60 * time.Millisecond}
	e := newEcho()
	b := newBrowser(t, open(t, cfg, e))
	o := b.handshake3("")
	for range 3 {
		o.post("1:2").wants(t, 200, "ok")
		o.poll().wants(t, 200, "1:3")
	}
	o.post("6:2probe").wants(t, 200, "ok")
	o.poll().wants(t, 200, "1:3") // the probe is echoed on the WebSocket that probes, and nowhere else
	if reason := <-e.ended; reason != "ping timeout" {
		t.Errorf("reason %q", reason)
	}
}

// A client that is not read because the floor above cannot take more waits for the answers to its pings.
func TestEIO3_a_paused_client_is_answered(t *testing.T) {
	g := newGate()
	cfg := engine.Config{PingInterval: 80 * time.Millisecond, PingTimeout: 40 * time.Millisecond}
	b := newBrowser(t, open(t, cfg, g))
	ws, _ := b.dial(upgrade3)
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	s := <-g.sessions
	say(t, ws, "4a")
	<-g.got
	for range 10 { // longer than its silence could last
		expect(t, ws, "3")
	}
	g.pauses.Store(false)
	s.Resume()
	say(t, ws, "4b")
	if got := <-g.got; got != "b" {
		t.Errorf("got %q", got)
	}
}
