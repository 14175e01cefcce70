package payload

import (
	"strings"
	"testing"
)

// samples are payloads as apps send them, as the JSON of an event's arguments.
var samples = []struct{ name, json string }{
	{"tiny", `["ping",1]`},
	{"order", `["order",{"id":421337,"status":"paid","total":199.95,"currency":"EUR","customer":{"name":"Zoë Müller","email":"zoe@example.com"},"lines":[{"sku":"A-1001","qty":2,"price":49.99},{"sku":"B-2002","qty":1,"price":99.97}],"note":null,"express":true}]`},
	{"ascii 4 KiB", `["` + strings.Repeat("All work and no play. ", 186) + `"]`},
	{"cyrillic 4 KiB", `["` + strings.Repeat("Съешь же ещё этих булок ", 93) + `"]`},
	{"escapes 4 KiB", `["` + strings.Repeat(`line \"quoted\"\n`, 256) + `"]`},
	{"1000 integers", `[[` + strings.Repeat("1234567,", 999) + `0]]`},
	{"1000 floats", `[[` + strings.Repeat("52.520008,", 999) + `0.5]]`},
	{"attachment", `["file",{"_placeholder":true,"num":0}]`},
}

func sampleMessagePack(t testing.TB, json string) []byte {
	t.Helper()
	mp, err := AppendMessagePack(nil, []byte(json), [][]byte{make([]byte, 1000)}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return mp
}

func BenchmarkAppendJSON(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			mp := sampleMessagePack(b, s.json)
			dst, atts := make([]byte, 0, 1<<16), make([][]byte, 0, MaxAttachments)
			b.SetBytes(int64(len(mp)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := AppendJSON(dst, mp, atts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendMessagePack(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			json := []byte(s.json)
			dst, atts := make([]byte, 0, 1<<16), [][]byte{make([]byte, 1000)}
			b.SetBytes(int64(len(json)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := AppendMessagePack(dst, json, atts, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			mp := sampleMessagePack(b, s.json)
			b.SetBytes(int64(len(mp)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Validate(mp, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAllocations holds the ceilings: nothing but the growth of dst, which is large enough here,
// and the name of an event.
func TestAllocations(t *testing.T) {
	dst, atts := make([]byte, 0, 1<<16), make([][]byte, 1, MaxAttachments)
	longName := strings.Repeat("a name that no small buffer holds ", 4)
	for _, s := range samples {
		json, mp := []byte(s.json), sampleMessagePack(t, s.json)
		event := []byte(`["` + longName + `",` + s.json + `]`)
		for _, c := range []struct {
			name    string
			ceiling float64
			call    func() error
		}{
			{"Validate", 0, func() error { _, err := Validate(mp, Limits{}); return err }},
			{"AppendJSON", 0, func() error { _, _, err := AppendJSON(dst, mp, atts); return err }},
			{"AppendEventJSON", 0, func() error { _, _, err := AppendEventJSON(dst, longName, mp, atts); return err }},
			{"AppendMessagePack", 0, func() error { _, err := AppendMessagePack(dst, json, atts, Limits{}); return err }},
			{"AppendNotepack", 0, func() error { _, err := AppendNotepack(dst, mp); return err }},
			{"AppendNotepackEvent", 0, func() error { _, err := AppendNotepackEvent(dst, longName, mp); return err }},
			{"AppendFromNotepack", 0, func() error { _, err := AppendFromNotepack(dst, mp, Limits{}); return err }},
			{"AppendInlineJSON", 0, func() error { _, err := AppendInlineJSON(dst, mp); return err }},
			{"SplitEvent", 1, func() error { _, _, err := SplitEvent(dst, event, atts, Limits{}); return err }},
		} {
			t.Run(c.name+", "+s.name, func(t *testing.T) {
				if err := c.call(); err != nil {
					t.Fatal(err)
				}
				if got := testing.AllocsPerRun(20, func() { _ = c.call() }); got > c.ceiling {
					t.Errorf("%v allocations, the ceiling is %v", got, c.ceiling)
				}
			})
		}
	}
}
