package engine_test

import (
	"bytes"
	"compress/flate"
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
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, EnableCompression: true}
	ws, resp, err := dialer.Dial("ws://"+h.url+"/engine.io/?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
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

// wire opens a WebSocket by hand and returns its connection behind the handshake and the open packet.
func wireOf(t *testing.T, h *house, offer string) (ws *websocket.Conn, frames func() (first byte, payload []byte)) {
	t.Helper()
	header := http.Header{}
	if offer != "" {
		header.Set("Sec-WebSocket-Extensions", offer)
	}
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1}
	ws, _, err := dialer.Dial("ws://"+h.url+"/engine.io/?"+webSocketQuery, header)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	return ws, nil
}
