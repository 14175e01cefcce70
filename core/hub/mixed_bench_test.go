package hub

import (
	"testing"

	"realtime/core/engine"
)

// elder is a sink of another dialect.
type elder struct {
	sink
	dialect engine.Dialect
}

func (e *elder) Dialect() engine.Dialect { return e.dialect }

// BenchmarkMixedRoom is one emit to a room with a thousand clients of each generation, with a nested binary
// value. It reports how often the event was written for a client: once for each form, whatever their number.
func BenchmarkMixedRoom(b *testing.B) {
	const each = 1000
	h := New(Config{}, quiet{rooms: []string{"room"}})
	crowd(b, h, each)
	for _, d := range []engine.Dialect{engine.EIO3, engine.V09, engine.Plain} {
		for range each {
			h.open(&elder{dialect: d})
		}
	}
	e := Emit{Select: to("room"), Event: "news", Args: args(b, `[{"id":1,"text":"é 漢字 👩‍🚀","file":"<bin>"}]`)}
	if n, err := h.Count(e.Select); n != 4*each || err != nil {
		b.Fatal(n, err)
	}
	b.ReportAllocs()
	before := written(h)
	for b.Loop() {
		if err := h.Emit(e); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(written(h)-before)/float64(b.N), "encodings/op")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*4*each), "ns/delivery")
}

func written(h *Hub) (n int64) {
	for _, e := range h.Encodings() {
		n += e.Count
	}
	return n
}
