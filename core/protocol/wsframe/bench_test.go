package wsframe

import (
	"fmt"
	"testing"
)

func BenchmarkFeed(b *testing.B) {
	for _, size := range []int{64, 1024, 64 << 10} {
		b.Run(fmt.Sprintf("text/%d", size), func(b *testing.B) {
			benchmarkFeed(b, clientFrame(nil, byte(text), long(size)), 1<<20)
		})
	}
	b.Run("binary/65536", func(b *testing.B) {
		benchmarkFeed(b, clientFrame(nil, byte(binaryWhole), long(64<<10)), 1<<20)
	})
	b.Run("text/65536 in reads of 4096", func(b *testing.B) {
		benchmarkFeed(b, clientFrame(nil, byte(text), long(64<<10)), 4096)
	})
	b.Run("50 frames of 64 in one read", func(b *testing.B) {
		var wire []byte
		for range 50 {
			wire = clientFrame(wire, byte(text), long(64))
		}
		benchmarkFeed(b, wire, 1<<20)
	})
}

// benchmarkFeed feeds wire in reads of the given size, each copied first as a read would.
func benchmarkFeed(b *testing.B, wire []byte, read int) {
	buf := make([]byte, min(read, len(wire)))
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	var p Parser
	for b.Loop() {
		for rest := wire; len(rest) > 0; {
			n := copy(buf, rest)
			rest = rest[n:]
			if err := p.Feed(buf[:n], 1<<20, discard); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkUnmask(b *testing.B) {
	for _, size := range []int{7, 16, 64, 1024, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			data := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				unmask(data, 0x3d21fa37)
			}
		})
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	for _, size := range []int{64, 1024, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			payload, dst := long(size), make([]byte, 0, size+maxHeaderSize)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendFrame(dst[:0], OpText, payload)
			}
		})
	}
}
