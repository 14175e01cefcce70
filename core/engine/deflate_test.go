package engine

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

// inflate runs an inflater on one message and copies what it gives.
func inflate(payload []byte, limit int) ([]byte, error) {
	z := inflaters.Get().(*inflater)
	defer z.giveBack()
	data, err := z.inflate(payload, limit)
	return bytes.Clone(data), err
}

// TestInflate_examples has those of RFC 7692 section 7.2.3 that begin with an empty window.
func TestInflate_examples(t *testing.T) {
	for _, c := range []struct{ name, wire, want string }{
		{"7.2.3.1: one block", "f248cdc9c90700", "Hello"},
		{"7.2.3.3: a block that is not compressed", "000500faff48656c6c6f00", "Hello"},
		{"7.2.3.4: a last block", "f348cdc9c9070000", "Hello"},
		{"a last block without a byte behind it", "f348cdc9c90700", "Hello"},
		{"7.2.3.5: two blocks", "f248050000 00ffffcac9c90700", "Hello"},
		{"7.2.3.6: nothing", "00", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			wire, err := hex.DecodeString(strings.ReplaceAll(c.wire, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			got, err := inflate(wire, 100)
			if err != nil || string(got) != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestInflate_refuses(t *testing.T) {
	two := append([]byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00)
	for name, wire := range map[string][]byte{
		"a block of a type that does not exist": {0x07},
		"a distance before the beginning":       {0xf2, 0x00, 0x11, 0x00},
		"data behind the last block":            two,
		"a stored block that is cut":            {0x00, 0x20, 0x00, 0xdf, 0xff, 'H'},
		"no block at all":                       {},
	} {
		if got, err := inflate(wire, 100); !errors.Is(err, wsframe.ErrNotDeflate) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestInflate_bomb: kilobytes that would become megabytes.
func TestInflate_bomb(t *testing.T) {
	const limit = 100_000
	for _, size := range []int{1 << 20, 8 << 20} {
		var wire bytes.Buffer
		w, err := flate.NewWriter(&wire, flate.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		chunk := make([]byte, 1<<20)
		for range size / len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = inflate(wire.Bytes(), limit)
		runtime.ReadMemStats(&after)
		var foul *wsframe.CloseError
		if !errors.As(err, &foul) || foul.Code != wsframe.CloseTooBig || !strings.Contains(foul.Text, "100000") {
			t.Errorf("%d bytes from %d: %v", size, wire.Len(), err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("%d bytes from %d took %d bytes of memory", size, wire.Len(), got)
		}
		if wire.Len() > size/100 {
			t.Errorf("the bomb is no bomb: %d bytes", wire.Len())
		}
	}
}

func TestInflate_exactly_the_limit(t *testing.T) {
	z := deflaters.Get().(*deflater)
	defer deflaters.Put(z)
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	wire := bytes.Clone(z.deflate(data))
	if got, err := inflate(wire, len(data)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := inflate(wire, len(data)-1); err == nil {
		t.Error("one byte more than the limit is accepted")
	}
}

// TestDeflated: what a variant says is what the message says, and it is made once.
func TestDeflated(t *testing.T) {
	long := strings.Repeat("all work and no play ", 100)
	noise := []byte{0x9c, 0x01, 0xf7, 0x33, 0x8e, 0x5a, 0xc4, 0x6b, 0xd2, 0x18, 0xaf, 0x71, 0x0d, 0xe6, 0x92, 0x47}
	for _, c := range []struct {
		name     string
		message  *Message
		deflated string // for each frame, whether it is
	}{
		{"text", NewMessage(EIO4, []byte(`2["`+long+`"]`), nil), "y"},
		{"a short text beside a long attachment", NewMessage(EIO4, []byte(`51-["a",…]`), [][]byte{[]byte(long)}), "ny"},
		{"bytes that do not get shorter", NewMessage(EIO4, []byte(long), [][]byte{noise}), "yn"},
		{"bytes of revision 3, with their type", NewMessage(EIO3, []byte(long), [][]byte{[]byte(long)}), "yy"},
		{"one binary message", NewBare(EIO4, []byte(long), true), "y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := c.message.as(deflated)
			if v == c.message || v != c.message.as(deflated) || v.as(usual) != c.message || v.as(deflated) != v {
				t.Fatal("a variant is not made once and kept")
			}
			want, _ := framesOf(t, c.message.wire)
			got, shown := framesOf(t, v.wire)
			if got != want || shown != c.deflated {
				t.Errorf("deflated %q, want %q; says %.60q, want %.60q", shown, c.deflated, got, want)
			}
		})
	}
	for name, m := range map[string]*Message{
		"a pong":        pongFrame([]byte(strings.Repeat("x", 125))),
		"a close frame": {wire: wsframe.AppendClose(nil, wsframe.CloseNormal, strings.Repeat("x", 123))},
		"noise":         NewBare(EIO4, noise, true),
		"an empty text": newText(engineio.Noop, nil),
	} {
		if m.as(deflated) != m {
			t.Errorf("%s has a variant", name)
		}
	}
}

// framesOf reads unmasked frames: what they say, inflated, and which of them were compressed.
func framesOf(t *testing.T, wire []byte) (text, compressed string) {
	t.Helper()
	for len(wire) > 0 {
		head, n := 2, int(wire[1])
		switch n {
		case 126:
			head, n = 4, int(wire[2])<<8|int(wire[3])
		case 127:
			t.Fatal("a frame this large is not expected")
		}
		payload := wire[head : head+n]
		text += wsframe.Opcode(wire[0]&0x0f).String() + " "
		if wire[0]&byte(wsframe.Deflated) != 0 {
			compressed += "y"
			data, err := inflate(payload, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			payload = data
		} else {
			compressed += "n"
		}
		text += string(payload) + "\n"
		wire = wire[head+n:]
	}
	return text, compressed
}

// TestDeflated_once: however many sessions ask at once.
func TestDeflated_once(t *testing.T) {
	m := NewMessage(EIO4, bytes.Repeat([]byte("x"), 10_000), nil)
	var first sync.Map
	var asking sync.WaitGroup
	for range 16 {
		asking.Go(func() { first.Store(m.as(deflated), true) })
	}
	asking.Wait()
	count := 0
	first.Range(func(any, any) bool { count++; return true })
	if count != 1 {
		t.Errorf("compressed %d times", count)
	}
}

// FuzzInflate: any bytes: never a panic, never more than the limit, and what another implementation reads.
func FuzzInflate(f *testing.F) {
	f.Add([]byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})
	f.Add([]byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00})
	f.Add([]byte{0x00, 0x05, 0x00, 0xfa, 0xff, 'H', 'e', 'l', 'l', 'o', 0x00})
	f.Add([]byte{0x03, 0x00, 0x03, 0x00})
	f.Fuzz(func(t *testing.T, wire []byte) {
		const limit = 10_000
		got, err := inflate(wire, limit)
		if len(got) > limit {
			t.Fatalf("%d bytes", len(got))
		}
		if err != nil {
			return
		}
		other := flate.NewReader(io.MultiReader(bytes.NewReader(wire), strings.NewReader(flushTail+finalBlock)))
		want, err := io.ReadAll(other)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%x is %q, another decompressor says %q, %v", wire, got, want, err)
		}
	})
}

// FuzzDeflate: any data comes back, through another implementation too.
func FuzzDeflate(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("Hello"))
	f.Add(bytes.Repeat([]byte("ab"), 40_000))
	f.Fuzz(func(t *testing.T, data []byte) {
		z := deflaters.Get().(*deflater)
		defer deflaters.Put(z)
		wire := bytes.Clone(z.deflate(data))
		if got, err := inflate(wire, len(data)); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes became %d, %v", len(data), len(got), err)
		}
		other := flate.NewReader(io.MultiReader(bytes.NewReader(wire), strings.NewReader(flushTail+finalBlock)))
		if got, err := io.ReadAll(other); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("another decompressor: %d bytes became %d, %v", len(data), len(got), err)
		}
	})
}

// BenchmarkDeflate is what a broadcast of a size costs once, and a client's message.
func BenchmarkDeflate(b *testing.B) {
	order := `{"id":421337,"status":"paid","total":199.95,"customer":{"name":"Zoë Müller","email":"zoe@example.com"}},`
	for name, size := range map[string]int{"1KiB": 1 << 10, "16KiB": 16 << 10} {
		var data []byte
		for i := 0; len(data) < size; i++ {
			data = append(data, strings.ReplaceAll(order, "421337", string(rune('0'+i%10))+"21337")...)
		}
		data = data[:size]
		z := deflaters.Get().(*deflater)
		wire := bytes.Clone(z.deflate(data))
		b.Run("deflate/"+name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				z.deflate(data)
			}
			b.ReportMetric(float64(len(wire))/float64(size), "ratio")
		})
		b.Run("inflate/"+name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				z := inflaters.Get().(*inflater)
				if _, err := z.inflate(wire, size); err != nil {
					b.Fatal(err)
				}
				z.giveBack()
			}
		})
	}
}
