package engineio

import (
	"testing"
	"time"
)

var (
	usualText   = []byte(`42["message",{"text":"a usual event of a usual size"}]`)
	usualBinary = Packet{Type: Message, Data: make([]byte, 1000), Binary: true}
	usualBody   = []byte("42[\"a\",1]\x1e42[\"b\",2]\x1e3")
	usualBody3  = []byte("9:42[\"a\",1]9:42[\"é\",2]1:2")
)

// The ceilings of the hot path. Base64 needs memory for what it decodes to; nothing else does.
func TestAllocations(t *testing.T) {
	dst := make([]byte, 0, 4096)
	encoded := AppendPayloadPacket(nil, usualBinary)
	keep := func(Packet) error { return nil }
	handshake := Handshake{
		SID: "lv_VI97HAXpY6yYWAAAC", Upgrades: []string{"websocket"},
		PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, MaxPayload: 1e6,
	}
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		most float64
		run  func()
	}{
		{"parse text", 0, func() { _, err := ParsePacket(usualText, false); check(err) }},
		{"parse binary", 0, func() { _, err := ParsePacket(usualText, true); check(err) }},
		{"parse base64", 1, func() { _, err := ParsePacket(encoded, false); check(err) }},
		{"parse payload", 0, func() { check(ParsePayload(usualBody, Limits{}, keep)) }},
		{"append packet", 0, func() { dst = AppendPacket(dst[:0], Packet{Type: Message, Data: usualText[1:]}) }},
		{"append to payload", 0, func() {
			dst = AppendPayloadPacket(dst[:0], usualBinary)
			dst = AppendPayloadPacket(dst, Packet{Type: Ping})
		}},
		{"parse payload of revision 3", 0, func() { _, err := readAll3(usualBody3); check(err) }},
		{"append to payloads of revision 3", 0, func() {
			dst = AppendPayloadPacket3(dst[:0], usualBinary)
			dst = AppendPayloadPacket3(dst, Packet{Type: Message, Data: usualText})
			dst = AppendBinaryPayloadPacket3(dst[:0], usualBinary)
		}},
		{"text in ASCII", 0, func() { text := Text3Twice; text.Encode(text.Decode(usualText)) }},
		{"text of 2.x", 0, func() { text := Text3Once; text.Encode(text.Decode(usualBody3)) }},
		{"append handshake", 0, func() { dst = AppendHandshake(dst[:0], handshake) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := testing.AllocsPerRun(200, tt.run); got > tt.most {
				t.Errorf("%.0f allocations, want at most %.0f", got, tt.most)
			}
		})
	}
}

// readAll3 reads a string payload and keeps nothing.
func readAll3(body []byte) (count int, err error) {
	for rest := body; rest != nil; count++ {
		if _, rest, err = NextPacket3(rest); err != nil {
			return count, err
		}
	}
	return count, nil
}

func BenchmarkParsePacket(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePacket(usualText, false); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParsePayload(b *testing.B) {
	b.SetBytes(int64(len(usualBody)))
	b.ReportAllocs()
	for b.Loop() {
		if err := ParsePayload(usualBody, Limits{}, func(Packet) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendPayloadPacket(b *testing.B) {
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendPayloadPacket(dst[:0], usualBinary)
	}
}

func BenchmarkNextPacket3(b *testing.B) {
	b.SetBytes(int64(len(usualBody3)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readAll3(usualBody3); err != nil {
			b.Fatal(err)
		}
	}
}
