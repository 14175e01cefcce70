package hub

import (
	"fmt"
	"runtime"
	"testing"

	"realtime/core/engine"
)

// sink is a session that takes everything and keeps nothing.
type sink struct{ handshake engine.Handshake }

func (*sink) ID() string                          { return "secret" }
func (*sink) Dialect() engine.Dialect             { return engine.EIO4 }
func (*sink) Refuse(*engine.Message)              {}
func (*sink) Keep()                               {}
func (*sink) HasTrail(string, engine.Offset) bool { return false }
func (*sink) TakeTrail(string, engine.Offset) ([]*engine.Message, bool) {
	return nil, false
}
func (*sink) Transport() string                   { return "websocket" }
func (s *sink) Handshake() *engine.Handshake      { return &s.handshake }
func (*sink) Send(m *engine.Message, _ bool) bool { return m != nil }
func (*sink) Resume()                             {}
func (*sink) Close(engine.Reason)                 {}

// quiet is an app that accepts everyone into the given rooms and notes nothing.
type quiet struct{ rooms []string }

func (a quiet) Connect(s *Socket, _ []byte)        { s.Accept(Grant{Rooms: a.rooms}) }
func (quiet) Event(*Socket, Event) bool            { return false }
func (quiet) Disconnect(*Socket, string, []string) {}

// crowd joins n sockets and returns their sessions.
func crowd(t testing.TB, h *Hub, n int) []*client {
	t.Helper()
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = h.open(new(sink))
		if _, err := clients[i].Receive([]byte("0"), false); err != nil {
			t.Fatal(err)
		}
	}
	return clients
}

// BenchmarkBroadcast is one emit to ten thousand sockets, until it is queued for all of them.
func BenchmarkBroadcast(b *testing.B) {
	const sockets = 10_000
	h := New(Config{}, quiet{rooms: []string{"room"}})
	crowd(b, h, sockets)
	for name, sel := range map[string]Select{"everyone": {}, "room": to("room")} {
		b.Run(name, func(b *testing.B) {
			e := Emit{Select: sel, Event: "news", Args: args(b, `[{"id":1,"text":"hello, world"}]`)}
			b.ReportAllocs()
			for b.Loop() {
				if err := h.Emit(e); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*sockets), "ns/delivery")
		})
	}
}

// BenchmarkEmit is one emit to one socket by its id.
func BenchmarkEmit(b *testing.B) {
	h := New(Config{}, quiet{})
	s := crowd(b, h, 1000)[0].sockets
	e := Emit{Select: to(s.ID()), Event: "news", Args: args(b, `[{"id":1,"text":"hello, world"}]`)}
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Emit(e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEvent is one event from a client, until the application has it, and its ack.
func BenchmarkEvent(b *testing.B) {
	h := New(Config{}, answering{})
	c := crowd(b, h, 1)[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Receive([]byte(`21["news",{"id":1,"text":"hello, world"}]`), false); err != nil {
			b.Fatal(err)
		}
	}
}

type answering struct{ quiet }

func (answering) Event(s *Socket, e Event) bool { return s.Ack(e.Ack, nil) != nil }

// BenchmarkMemory is what a joined, idle socket keeps: its session's client, itself, and its
// entries in the namespace, without and with a room.
func BenchmarkMemory(b *testing.B) {
	for _, rooms := range [][]string{nil, {"room"}} {
		b.Run(fmt.Sprintf("rooms=%d", len(rooms)), func(b *testing.B) {
			bytes := 0.0
			for b.Loop() {
				bytes = bytesPerSocket(b, rooms)
			}
			b.ReportMetric(bytes, "B/socket")
		})
	}
}

// bytesPerSocket measures ten thousand sockets, less the sinks themselves.
func bytesPerSocket(t testing.TB, rooms []string) float64 {
	const sockets = 10_000
	h := New(Config{}, quiet{rooms: rooms})
	sinks := make([]sink, sockets)
	clients := make([]*client, sockets)
	before := heap()
	for i := range clients {
		clients[i] = h.open(&sinks[i])
		if _, err := clients[i].Receive([]byte("0"), false); err != nil {
			t.Fatal(err)
		}
	}
	after := heap()
	runtime.KeepAlive(h)
	runtime.KeepAlive(sinks)
	runtime.KeepAlive(clients)
	return float64(after-before) / sockets
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // once more, for what pools give up late
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
