package engine_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"realtime/core/engine"
)

// museum is a browser of the drafts before hybi, by hand.
type museum struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func (m *museum) say(bytes string) {
	m.t.Helper()
	if _, err := io.WriteString(m.c, bytes); err != nil {
		m.t.Fatal(err)
	}
}

func (m *museum) expect(want string) {
	m.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(m.r, got); err != nil || string(got) != want {
		m.t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

// ask sends an upgrade request with more header lines, and reads the head of the answer.
func (h *house) ask(t *testing.T, path, more string) (*museum, *http.Response) {
	t.Helper()
	c := h.raw("GET /engine.io/" + path + " HTTP/1.1\r\nHost: shop.example\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" + more)
	m := &museum{t, c, bufio.NewReader(c)}
	resp, err := http.ReadResponse(m.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m, resp
}

// The example of draft 76, section 1.3.
const (
	fromPage    = "Origin: http://shop.example\r\n"
	keys76      = fromPage + "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
	challenge76 = "^n:ds[4U"
	proof76     = "8jKS'y:G*Co,Wxa-"
)

func TestHixie76(t *testing.T) {
	for _, c := range []struct{ name, early, late, frame string }{
		{"with the challenge behind the request", challenge76, "", "\x003:::é\xff"},
		{"through a proxy that holds the challenge back", "", challenge76, "\x003:::é\xff"},
		{"and cuts it in two", challenge76[:3], challenge76[3:], "\x003:::é\xff"},
		{"with a frame behind the challenge", challenge76 + "\x003:::é\xff", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGate09(letIn)
			h := open(t, engine.Config{}, g)
			path := "1/flashsocket/" + newBrowser(t, h).knock09()
			s := <-g.sessions
			m, resp := h.ask(t, path, keys76+c.early)
			if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "WebSocket" {
				t.Fatalf("%d %v", resp.StatusCode, resp.Header)
			}
			for name, want := range map[string]string{
				"Sec-Websocket-Origin":   "http://shop.example",
				"Sec-Websocket-Location": "ws://shop.example/engine.io/" + path,
				"Sec-Websocket-Protocol": "chat",
			} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			m.say(c.late)
			m.expect(proof76 + "\x001::\xff")
			m.say(c.frame)
			if got := <-g.heard; got != "3:::é" {
				t.Errorf("heard %q", got)
			}
			send09(s, "3:::漢字")
			m.expect("\x003:::漢字\xff")
			if got := s.Transport(); got != "flashsocket" {
				t.Errorf("transport %q", got)
			}
			m.say("\xff\x00")
			m.expect("\xff\x00")
			if got := <-g.ended; got != "transport close" {
				t.Errorf("ended with %q", got)
			}
		})
	}
}

func TestHixie75(t *testing.T) {
	g := newGate09(letIn)
	h := open(t, engine.Config{}, g)
	path := "1/websocket/" + newBrowser(t, h).knock09()
	s := <-g.sessions
	m, resp := h.ask(t, path, "WebSocket-Protocol: chat\r\nX-Forwarded-Proto: https\r\nOrigin: https://shop.example\r\n\r\n")
	if resp.StatusCode != 101 || resp.Header.Get("Websocket-Location") != "wss://shop.example/engine.io/"+path || resp.Header.Get("Websocket-Protocol") != "chat" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	m.expect("\x001::\xff")
	s.Close(engine.ServerShutdown)
	m.expect("\xff\x00")
}

func TestHixie_ends_what_is_wrong(t *testing.T) {
	g := newGate09(letIn)
	h := open(t, engine.Config{MaxPayload: 100}, g)
	b := newBrowser(t, h)
	m, _ := h.ask(t, "1/websocket/"+b.knock09(), fromPage+"Sec-WebSocket-Key1: 12345\r\nSec-WebSocket-Key2: 1 2\r\n\r\n"+challenge76)
	if rest, err := io.ReadAll(m.r); err != nil || len(rest) > 0 {
		t.Errorf("keys of no client: got %q, %v, want the end of the connection", rest, err)
	}
	for name, frame := range map[string]string{"text that is not UTF-8": "\x00\xc3\xff", "a text that is too long": fmt.Sprintf("\x00%0101d\xff", 1)} {
		m, _ = h.ask(t, "1/websocket/"+b.knock09(), fromPage+"\r\n")
		m.expect("\x001::\xff")
		m.say(frame)
		if got := <-g.ended; got != "transport error" {
			t.Errorf("%s: ended with %q", name, got)
		}
	}
}

func TestHixie_session_goes_on_by_polling(t *testing.T) {
	g := newGate09(letIn)
	h := open(t, engine.Config{}, g)
	b := newBrowser(t, h)
	sid := b.knock09()
	s := <-g.sessions
	m, _ := h.ask(t, "1/websocket/"+sid, fromPage+"\r\n")
	m.expect("\x001::\xff")
	m.c.Close()
	untilNot(s.Carried)
	send09(s, "3:::é")
	b.poll09(sid).wants(t, 200, "3:::é")
}
