package engine_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"realtime/core/engine"
	"realtime/core/protocol/wsframe"
)

// deflating is a house that compresses WebSocket messages.
func deflating(t testing.TB, handler engine.Handler) *house {
	t.Helper()
	cfg := quiet
	cfg.DeflateFrom, cfg.MaxPayload = engine.DefaultDeflateFrom, 100_000
	return open(t, cfg, handler)
}

// dialDeflate opens a WebSocket with a client that offers compression, and returns what was answered to it.
func dialDeflate(t testing.TB, h *house, query string) (ws *websocket.Conn, extensions string) {
	t.Helper()
	dialer := websocket.Dialer{HandshakeTimeout: time.Minute, EnableCompression: true}
	ws, resp, err := dialer.Dial("ws://"+h.url+"/engine.io/?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() { ws.Close() })
	return ws, resp.Header.Get("Sec-WebSocket-Extensions")
}

const webSocketQuery = "EIO=4&transport=websocket"

func TestDeflate_messages_come_back_from_another_implementation(t *testing.T) {
	ws, extensions := dialDeflate(t, deflating(t, newEcho()), webSocketQuery)
	if extensions != wsframe.DeflateResponse {
		t.Fatalf("answered %q", extensions)
	}
	if _, first, err := ws.ReadMessage(); err != nil || first[0] != '0' {
		t.Fatalf("%q, %v", first, err)
	}
	for _, text := range []string{"", "short", strings.Repeat("é 漢字 👩‍🚀 ", 2000)} {
		for _, compress := range []bool{true, false} {
			ws.EnableWriteCompression(compress)
			say(t, ws, "4"+text)
			expect(t, ws, "4"+text)
			data := []byte(text)
			if err := ws.WriteMessage(websocket.BinaryMessage, data); err != nil {
				t.Fatal(err)
			}
			if kind, got, err := ws.ReadMessage(); err != nil || kind != websocket.BinaryMessage || !bytes.Equal(got, data) {
				t.Fatalf("%d bytes of kind %d, %v", len(got), kind, err)
			}
		}
	}
}

func TestDeflate_after_an_upgrade(t *testing.T) {
	h := deflating(t, newEcho())
	b := newBrowser(t, h)
	sid := b.handshake()
	text := "4" + strings.Repeat("while probing ", 200)
	b.post(sid, text).wants(t, 200, "ok")
	ws, extensions := dialDeflate(t, h, upgradeQuery+sid)
	if extensions == "" {
		t.Fatal("not negotiated")
	}
	say(t, ws, "2probe")
	expect(t, ws, "3probe")
	say(t, ws, "5")
	expect(t, ws, text) // it waited for a poll, as it was
	say(t, ws, text)
	expect(t, ws, text)
}

func TestDeflate_is_off_unless_it_is_on(t *testing.T) {
	ws, extensions := dialDeflate(t, open(t, quiet, newEcho()), webSocketQuery)
	if extensions != "" {
		t.Errorf("answered %q", extensions)
	}
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	text := "4" + strings.Repeat("x", 5000)
	say(t, ws, text)
	expect(t, ws, text)
}

// A tap is a WebSocket that shows its frames as they are.
type tap struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// openTap opens one, and reads what the engine says first.
func openTap(t *testing.T, h *house, offer string) *tap {
	t.Helper()
	conn, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "GET /engine.io/?%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", webSocketQuery, h.url, offer)
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{t, conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(p.r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	if got := resp.Header.Get("Sec-WebSocket-Extensions") != ""; got != (offer != "") {
		t.Fatalf("negotiated: %v", got)
	}
	if _, open := p.read(); open[0] != '0' {
		t.Fatalf("first comes %q", open)
	}
	return p
}

const offerDeflate = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"

// read returns the first byte of a frame, and its payload.
func (p *tap) read() (first byte, payload []byte) {
	p.t.Helper()
	var head [4]byte
	if _, err := io.ReadFull(p.r, head[:2]); err != nil {
		p.t.Fatal(err)
	}
	n := int(head[1])
	if n == 126 {
		if _, err := io.ReadFull(p.r, head[2:]); err != nil {
			p.t.Fatal(err)
		}
		n = int(head[2])<<8 | int(head[3])
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(p.r, payload); err != nil {
		p.t.Fatal(err)
	}
	return head[0], payload
}

// write sends a frame whose mask changes nothing.
func (p *tap) write(first byte, payload []byte) {
	p.t.Helper()
	frame := []byte{first, 0x80 | 126, byte(len(payload) >> 8), byte(len(payload)), 0, 0, 0, 0}
	if len(payload) < 126 {
		frame = []byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}
	}
	if _, err := p.conn.Write(append(frame, payload...)); err != nil {
		p.t.Fatal(err)
	}
}

// First bytes of frames.
const (
	wholeText       = 0x80 | byte(wsframe.OpText)
	wholeTextPacked = wholeText | byte(wsframe.Deflated)
	wholeClose      = 0x80 | byte(wsframe.OpClose)
)

// deflate compresses with another implementation.
func deflate(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

func TestDeflate_compresses_what_pays_and_only_that(t *testing.T) {
	sessions := make(chan *engine.Session, 2)
	h := deflating(t, handlerFunc(func(s *engine.Session) engine.Client {
		sessions <- s
		return &echoClient{newEcho(), s}
	}))
	first, second := openTap(t, h, offerDeflate), openTap(t, h, offerDeflate)
	plain := openTap(t, deflating(t, newEcho()), "")
	all := []*engine.Session{<-sessions, <-sessions}
	long := `2["news","` + strings.Repeat("x", 2000) + `"]`
	for _, c := range []struct {
		name    string
		message *engine.Message
		first   byte
	}{
		{"long", engine.NewMessage(engine.EIO4, []byte(long), nil), wholeTextPacked},
		{"short", engine.NewMessage(engine.EIO4, []byte(`2["news"]`), nil), wholeText},
		{"not worth it", engine.NewMessage(engine.EIO4, []byte(long), nil).Uncompressed(), wholeText},
	} {
		for _, s := range all {
			s.Send(c.message, false)
		}
		got, payload := first.read()
		gotToo, payloadToo := second.read()
		if got != c.first || gotToo != c.first || !bytes.Equal(payload, payloadToo) {
			t.Errorf("%s: first bytes %x and %x, want %x; the same payload: %v", c.name, got, gotToo, c.first, bytes.Equal(payload, payloadToo))
		}
		if c.first == wholeTextPacked && len(payload) > 100 {
			t.Errorf("%s: %d bytes", c.name, len(payload))
		}
	}
	plain.write(wholeText, []byte("4"+long))
	if got, payload := plain.read(); got != wholeText || string(payload) != "4"+long {
		t.Errorf("to who has not asked for it: %x, %d bytes", got, len(payload))
	}
}

func TestDeflate_a_bad_message_costs_its_connection_only(t *testing.T) {
	type end struct{ reason, detail string }
	ends := make(chan end, 1)
	h := deflating(t, handlerFunc(func(s *engine.Session) engine.Client {
		return detailed{&echoClient{newEcho(), s}, func(r engine.Reason, detail string) { ends <- end{r.String(), detail} }}
	}))
	good := openTap(t, h, offerDeflate)
	for _, c := range []struct {
		name   string
		offer  string
		first  byte
		wire   []byte
		code   uint16
		detail string
	}{
		{"a bomb", offerDeflate, wholeTextPacked, deflate(t, bytes.Repeat([]byte("4"), 10_000_000)), 1009, "max_http_buffer_size"},
		{"nonsense", offerDeflate, wholeTextPacked, []byte{0x07}, 1007, "inflated"},
		{"text that is not UTF-8", offerDeflate, wholeTextPacked, deflate(t, []byte("4\xff")), 1007, "UTF-8"},
		{"a packet that is none", offerDeflate, wholeTextPacked, deflate(t, []byte("x")), 1005, ""},
		{"not negotiated", "", wholeTextPacked, deflate(t, []byte("4a")), 1002, "reserved bits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := openTap(t, h, c.offer)
			bad.write(c.first, c.wire)
			first, payload := bad.read()
			for first == wholeText { // the goodbye of the dialect
				first, payload = bad.read()
			}
			code, _, err := wsframe.ParseClose(payload)
			if first != wholeClose || code != c.code || err != nil {
				t.Errorf("frame %x %x, code %d, %v, want code %d", first, payload, code, err, c.code)
			}
			if e := <-ends; !strings.Contains(e.detail, c.detail) {
				t.Errorf("ended with %q, want %q", e.detail, c.detail)
			}
		})
	}
	good.write(wholeTextPacked, deflate(t, []byte("4still here")))
	if _, payload := good.read(); string(payload) != "4still here" {
		t.Errorf("another connection gets %q", payload)
	}
}

// detailed is a client that tells why it ended.
type detailed struct {
	engine.Client
	closed func(r engine.Reason, detail string)
}

func (d detailed) Closed(r engine.Reason, detail string) { d.closed(r, detail) }
