package wsframe_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"realtime/core/protocol/wsframe"
)

// These tests talk to a client we did not write, over loopback: what it sends we must read, what
// we append it must read.

const (
	clientLimit   = 1 << 20
	clientTimeout = 10 * time.Second
)

// boundaryLengths are those at which the form of the length changes.
var boundaryLengths = []int{0, 1, 125, 126, 127, 65535, 65536}

func TestClient_messages_of_every_length_come_back(t *testing.T) {
	client := dialEcho(t, 0)
	for _, kind := range []int{websocket.TextMessage, websocket.BinaryMessage} {
		for _, n := range boundaryLengths {
			echoed(t, client, kind, bytes.Repeat([]byte("ä"), n/2+1)[:n/2*2])
			echoed(t, client, kind, bytes.Repeat([]byte("x"), n))
		}
	}
}

func TestClient_fragmented_messages_with_pings_between_come_back(t *testing.T) {
	// A small write buffer makes the client send a long message as many fragments.
	client := dialEcho(t, 64)
	pongs := 0
	client.SetPongHandler(func(data string) error {
		if data != "between fragments" {
			t.Errorf("pong carries %q", data)
		}
		pongs++
		return nil
	})
	for _, n := range boundaryLengths {
		w, err := client.NextWriter(websocket.TextMessage)
		must(t, err)
		message := strings.Repeat("€", n/3)
		_, err = io.WriteString(w, message[:len(message)/2])
		must(t, err)
		must(t, client.WriteControl(websocket.PingMessage, []byte("between fragments"), time.Now().Add(clientTimeout)))
		_, err = io.WriteString(w, message[len(message)/2:])
		must(t, err)
		must(t, w.Close())
		if kind, got, err := client.ReadMessage(); err != nil || kind != websocket.TextMessage || string(got) != message {
			t.Fatalf("%d bytes: %d of kind %d came back, error %v", len(message), len(got), kind, err)
		}
	}
	if pongs != len(boundaryLengths) {
		t.Errorf("%d pongs for %d pings", pongs, len(boundaryLengths))
	}
}

func TestClient_close_handshake(t *testing.T) {
	client := dialEcho(t, 0)
	body := websocket.FormatCloseMessage(websocket.CloseGoingAway, "page left")
	must(t, client.WriteControl(websocket.CloseMessage, body, time.Now().Add(clientTimeout)))
	_, _, err := client.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway || closed.Text != "page left" {
		t.Errorf("got %v, want the client's own code and text", err)
	}
}

func TestClient_reads_the_code_of_its_violation(t *testing.T) {
	header := func(b ...byte) string { return string(b) + "\x00\x00\x00\x00" } // a key of zeros
	tests := []struct {
		name string
		wire string
		code int
	}{
		{"not masked", "\x81\x01x", websocket.CloseProtocolError},
		{"reserved bit", header(0xc1, 0x80), websocket.CloseProtocolError},
		{"reserved opcode", header(0x83, 0x80), websocket.CloseProtocolError},
		{"fragmented ping", header(0x09, 0x80), websocket.CloseProtocolError},
		{"long ping", header(0x89, 0xfe, 0, 126), websocket.CloseProtocolError},
		{"lone continuation", header(0x80, 0x80), websocket.CloseProtocolError},
		{"interrupted message", header(0x01, 0x80) + header(0x81, 0x80), websocket.CloseProtocolError},
		{"long form of a short length", header(0x81, 0xfe, 0, 1) + "x", websocket.CloseProtocolError},
		{"close of one byte", header(0x88, 0x81) + "x", websocket.CloseProtocolError},
		{"close with 1005", header(0x88, 0x82) + "\x03\xed", websocket.CloseProtocolError},
		{"close text not UTF-8", header(0x88, 0x83) + "\x03\xe8\xff", websocket.CloseInvalidFramePayloadData},
		{"text not UTF-8", header(0x81, 0x81) + "\xff", websocket.CloseInvalidFramePayloadData},
		{"too big", header(0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1), websocket.CloseMessageTooBig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := dialEcho(t, 0)
			_, err := client.NetConn().Write([]byte(tt.wire))
			must(t, err)
			_, _, err = client.ReadMessage()
			var closed *websocket.CloseError
			if !errors.As(err, &closed) || closed.Code != tt.code || closed.Text == "" {
				t.Errorf("got %v, want code %d and a text", err, tt.code)
			}
		})
	}
}

func echoed(t *testing.T, client *websocket.Conn, kind int, message []byte) {
	t.Helper()
	must(t, client.WriteMessage(kind, message))
	gotKind, got, err := client.ReadMessage()
	if err != nil || gotKind != kind || !bytes.Equal(got, message) {
		t.Fatalf("%d bytes of kind %d: %d of kind %d came back, error %v", len(message), kind, len(got), gotKind, err)
	}
}

// dialEcho connects the real client to a server that parses with Parser and answers with Append….
// When the test ends, so has the server.
func dialEcho(t *testing.T, writeBuffer int) *websocket.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- serveEcho(listener) }()
	t.Cleanup(func() { must(t, <-ended) })
	t.Cleanup(func() { listener.Close() })

	dialer := websocket.Dialer{HandshakeTimeout: clientTimeout, WriteBufferSize: writeBuffer}
	client, _, err := dialer.Dial("ws://"+listener.Addr().String(), nil)
	must(t, err)
	t.Cleanup(func() { client.Close() })
	must(t, client.SetReadDeadline(time.Now().Add(clientTimeout)))
	return client
}

// serveEcho serves one connection until it closes.
func serveEcho(listener net.Listener) error {
	conn, err := listener.Accept()
	if err != nil {
		return nil // the test gave up before it connected
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(clientTimeout)); err != nil {
		return err
	}
	reader := bufio.NewReader(conn)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	return echo(reader, conn)
}

func echo(r io.Reader, w io.Writer) error {
	var parser wsframe.Parser
	buf := make([]byte, 1000)
	for {
		n, err := r.Read(buf)
		if err != nil {
			return nil // the client has gone
		}
		var answer []byte
		closed := false
		err = parser.Feed(buf[:n], clientLimit, func(op wsframe.Opcode, payload []byte) bool {
			switch op {
			case wsframe.OpClose:
				closed = true
				answer = appendCloseAnswer(answer, payload)
			case wsframe.OpPing:
				answer = wsframe.AppendFrame(answer, wsframe.OpPong, payload)
			default:
				answer = wsframe.AppendFrame(answer, op, payload)
			}
			return true
		})
		var violation *wsframe.CloseError
		if errors.As(err, &violation) {
			closed = true
			answer = wsframe.AppendClose(answer, violation.Code, violation.Text)
		}
		if _, err := w.Write(answer); err != nil || closed {
			return err
		}
	}
}

func appendCloseAnswer(dst, payload []byte) []byte {
	code, text, err := wsframe.ParseClose(payload)
	var violation *wsframe.CloseError
	if errors.As(err, &violation) {
		code, text = violation.Code, violation.Text
	}
	return wsframe.AppendClose(dst, code, text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
