package main

import (
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// client is a Socket.IO client on a WebSocket, written out by hand. It answers pings for as long as it
// lives and keeps everything else for expect.
type client struct {
	t        *testing.T
	messages chan string // closed when the connection has ended
}

// connect opens a session and the main namespace.
func connect(t *testing.T, front string) *client {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+front+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	if err := ws.WriteMessage(websocket.TextMessage, []byte("40")); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, messages: make(chan string, 1024)}
	go func() {
		defer close(c.messages)
		for {
			_, data, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if string(data) == "2" && ws.WriteMessage(websocket.TextMessage, []byte("3")) != nil {
				return
			}
			c.messages <- string(data)
		}
	}()
	c.expect(`40{"sid"`)
	return c
}

// expect reads on until a message begins so.
func (c *client) expect(prefix string) string {
	c.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case m, ok := <-c.messages:
			if !ok {
				c.t.Fatalf("the connection ended before %s…", prefix)
			}
			if strings.HasPrefix(m, prefix) {
				return m
			}
		case <-limit:
			c.t.Fatalf("%s… did not come", prefix)
		}
	}
}

// expectEnd waits until the connection has ended.
func (c *client) expectEnd() {
	c.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case _, ok := <-c.messages:
			if !ok {
				return
			}
		case <-limit:
			c.t.Fatal("the connection stays open")
		}
	}
}
