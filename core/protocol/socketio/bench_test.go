package socketio

import "testing"

var samples = []struct {
	name, text string
	parse      float64 // ceiling of allocations
}{
	{"event", `2["order",{"id":421337,"status":"paid","total":199.95}]`, 0},
	{"ack", `37["ok"]`, 0},
	{"event in a namespace", `2/chat,13["hello",{"to":"all"}]`, 1}, // its name
	{"binary event", `51-["file",{"_placeholder":true,"num":0}]`, 0},
	{"connect", `0{"token":"x"}`, 0},
}

func BenchmarkParse(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			text := []byte(s.text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			p, err := Parse([]byte(s.text), Limits{})
			if err != nil {
				b.Fatal(err)
			}
			dst := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				Append(dst, p)
			}
		})
	}
}

// TestAllocations holds the ceilings: a namespace's name is the one thing that is copied.
func TestAllocations(t *testing.T) {
	dst := make([]byte, 0, 1024)
	for _, s := range samples {
		text := []byte(s.text)
		var p Packet
		var err error
		if got := testing.AllocsPerRun(20, func() { p, err = Parse(text, Limits{}) }); got > s.parse || err != nil {
			t.Errorf("%s: Parse %v allocations, the ceiling is %v; %v", s.name, got, s.parse, err)
		}
		if got := testing.AllocsPerRun(20, func() { Append(dst, p) }); got > 0 {
			t.Errorf("%s: Append %v allocations", s.name, got)
		}
	}
}
