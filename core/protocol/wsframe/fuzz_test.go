package wsframe

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// Any bytes: the parser never panics, and what comes out does not depend on how they were cut, nor
// on where it was paused.
func FuzzParser_feed(f *testing.F) {
	f.Add(frames(text, "Hello", ping, "p", closing, code(1000)), uint64(1))
	f.Add(frames(textPart, "\xf0\x9f", pong, "", continuation, "\x98", last, "\x80", binaryWhole, "\xff"), uint64(2))
	f.Add(frames(textPart, "a", text, "b"), uint64(3))
	f.Add(clientFrame(nil, byte(text), long(300)), uint64(4))
	f.Add(clientFrame(nil, byte(binaryWhole), long(66_000)), uint64(5))
	f.Add(frames(textPartDeflated, "\xff", ping, "", last, "", textDeflated, "a"), uint64(8))
	f.Add([]byte{0x81, 0xfe, 0x00, 0x05, 1, 2, 3, 4}, uint64(6))
	f.Add([]byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, uint64(7))
	f.Fuzz(func(t *testing.T, wire []byte, seed uint64) {
		const limit = 1000
		deflate := seed%2 == 0
		p := Parser{Deflate: deflate}
		want := run(&p, wire, limit, whole())
		for _, e := range want.Events {
			if len(e.Data) > limit {
				t.Fatalf("%v of %d bytes is over the limit", e.Op, len(e.Data))
			}
			if e.Op == OpText && !utf8.ValidString(e.Data) {
				t.Fatalf("text %q is not UTF-8", e.Data)
			}
		}
		for name, way := range map[string]feeding{"byte by byte": byteByByte(), "ragged": ragged(seed)} {
			p := Parser{Deflate: deflate}
			if diff := cmp.Diff(want, run(&p, wire, limit, way)); diff != "" {
				t.Fatalf("%s differs from whole (-whole +%s):\n%s", name, name, diff)
			}
		}
	})
}

// Any message: framed, cut into fragments of any size with pings between and fed in any pieces, it
// comes out as it was.
func FuzzParser_round_trip(f *testing.F) {
	f.Add([]byte("Hello"), 2, uint64(1))
	f.Add([]byte(""), 1, uint64(2))
	f.Add([]byte("€ and 😀 in fragments"), 1, uint64(3))
	f.Add([]byte("\xff\xfe"), 1, uint64(4))
	f.Add(long(1000), 130, uint64(5))
	f.Fuzz(func(t *testing.T, message []byte, size int, seed uint64) {
		op := OpBinary
		if utf8.Valid(message) {
			op = OpText
		}
		wire := appendFragments(nil, op, message, max(1, size))
		var p Parser
		got := run(&p, wire, len(message), ragged(seed))
		got.Events = slices.DeleteFunc(got.Events, func(e event) bool { return e.Op == OpPing })
		want := transcript{Events: []event{{op, string(message)}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if p.half != nil {
			t.Fatal("something is still held")
		}
	})
}

// Any payload of a close frame: never a panic, and what is accepted is written back the same.
func FuzzParseClose(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x03})
	f.Add([]byte(code(1000) + "bye"))
	f.Add([]byte(code(1005)))
	f.Add([]byte(code(4999) + "\xff"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, text, err := ParseClose(payload)
		if err != nil {
			if closeCode(err) == 0 {
				t.Fatalf("%v is not a *CloseError", err)
			}
			return
		}
		if len(payload) > MaxControlPayload {
			return // the parser has refused such a frame
		}
		if got := AppendClose(nil, c, text)[2:]; !bytes.Equal(got, payload) {
			t.Fatalf("% x became % x", payload, got)
		}
	})
}
