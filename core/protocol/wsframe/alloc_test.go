package wsframe

import (
	"bytes"
	"testing"
)

// The ceilings of the hot path. They hold for what every client does all the time; a message that
// arrives in pieces pays for being kept (the state, its buffer).
func TestAllocations(t *testing.T) {
	packet := []byte(`42["message",{"text":"a usual event of a usual size"}]`)
	masked := clientFrame(nil, byte(text), packet)
	three := bytes.Repeat(masked, 3)
	pieces := frames(textPart, "Hello, ", ping, "now", last, "World")
	dst := make([]byte, 0, 4096)
	var p Parser
	feed := func(b []byte) {
		if err := p.Feed(b, testLimit, discard); err != nil {
			t.Fatal(err)
		}
	}
	scratch := make([]byte, 0, 4096)
	tests := []struct {
		name string
		most float64
		run  func()
	}{
		{"text frame", 0, func() { feed(append(scratch[:0], masked...)) }},
		{"three frames in one read", 0, func() { feed(append(scratch[:0], three...)) }},
		{"pong", 0, func() { feed(append(scratch[:0], 0x8a, 0x80, 1, 2, 3, 4)) }},
		{"fragmented message", 2, func() { feed(append(scratch[:0], pieces...)) }},
		{"frame in two reads", 2, func() {
			b := append(scratch[:0], masked...)
			feed(b[:20])
			feed(b[20:])
		}},
		{"header in two reads", 1, func() {
			b := append(scratch[:0], masked...)
			feed(b[:3])
			feed(b[3:])
		}},
		{"append frame", 0, func() { dst = AppendFrame(dst[:0], OpText, packet) }},
		{"append header", 0, func() { dst = AppendHeader(dst[:0], OpText, 1<<20) }},
		{"append close", 0, func() { dst = AppendClose(dst[:0], CloseGoingAway, "server shutting down") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := testing.AllocsPerRun(200, tt.run); got > tt.most {
				t.Errorf("%.0f allocations, want at most %.0f", got, tt.most)
			}
		})
	}
}
