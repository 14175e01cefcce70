package wsframe

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

const testLimit = 70_000

// frames joins frames given as first byte and payload.
func frames(list ...any) []byte {
	var wire []byte
	for i := 0; i < len(list); i += 2 {
		wire = clientFrame(wire, byte(list[i].(int)), []byte(list[i+1].(string)))
	}
	return wire
}

// First bytes, for tables.
const (
	text         = finBit | int(OpText)
	binaryWhole  = finBit | int(OpBinary)
	textPart     = int(OpText)
	binaryPart   = int(OpBinary)
	continuation = int(OpContinuation)
	last         = finBit | int(OpContinuation)
	closing      = finBit | int(OpClose)
	ping         = finBit | int(OpPing)
	pong         = finBit | int(OpPong)
)

func TestParser_yields_messages_and_control_frames_in_order(t *testing.T) {
	tests := []struct {
		name string
		wire []byte
		want []event
	}{
		{"nothing", nil, nil},
		{"text", frames(text, "Hello"), []event{{OpText, "Hello"}}},
		{"empty text", frames(text, ""), []event{{OpText, ""}}},
		{"binary is not checked as text", frames(binaryWhole, "\xff\x00"), []event{{OpBinary, "\xff\x00"}}},
		{
			"several in one read", frames(text, "a", binaryWhole, "b", ping, "c", text, "d"),
			[]event{{OpText, "a"}, {OpBinary, "b"}, {OpPing, "c"}, {OpText, "d"}},
		},
		{"fragments", frames(textPart, "Hel", continuation, "l", last, "o"), []event{{OpText, "Hello"}}},
		{"binary fragments", frames(binaryPart, "\xc3", last, "\x28"), []event{{OpBinary, "\xc3\x28"}}},
		{"fragments of nothing", frames(textPart, "", continuation, "", last, ""), []event{{OpText, ""}}},
		{
			"control frames between fragments",
			frames(textPart, "Hel", ping, "1", continuation, "", pong, "2", last, "lo", text, "next"),
			[]event{{OpPing, "1"}, {OpPong, "2"}, {OpText, "Hello"}, {OpText, "next"}},
		},
		{
			"character cut by a fragment", frames(textPart, "\xf0\x9f", continuation, "\x98", last, "\x80"),
			[]event{{OpText, "😀"}},
		},
		{"ping of 125 bytes", frames(ping, strings.Repeat("p", 125)), []event{{OpPing, strings.Repeat("p", 125)}}},
		{"close ends it", frames(closing, code(1000)+"bye", text, "late"), []event{{OpClose, code(1000) + "bye"}}},
		{"close between fragments", frames(textPart, "never", closing, "", last, ""), []event{{OpClose, ""}}},
		{"garbage after close", append(frames(closing, ""), 0xff, 0xff, 0xff), []event{{OpClose, ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkEveryWay(t, tt.wire, testLimit, transcript{Events: tt.want}) })
	}
}

func TestParser_refuses_with_the_code_of_the_rule(t *testing.T) {
	hello := []event{{OpText, "hello"}}
	ok := frames(text, "hello")
	masked := func(b ...byte) []byte { return append(append([]byte{}, ok...), append(b, 1, 2, 3, 4, 5, 6)...) }
	tests := []struct {
		name string
		wire []byte
		code uint16
		text string
	}{
		{"RSV1", frames(text, "hello", text|0x40, "x"), 1002, "reserved bits are set"},
		{"RSV2", frames(text, "hello", text|0x20, "x"), 1002, "reserved bits are set"},
		{"RSV3", frames(text, "hello", text|0x10, "x"), 1002, "reserved bits are set"},
		{"RSV on a control frame", frames(text, "hello", ping|0x40, "x"), 1002, "reserved bits are set"},
		{"opcode 3", frames(text, "hello", finBit|3, "x"), 1002, "reserved opcode"},
		{"opcode 7", frames(text, "hello", finBit|7, "x"), 1002, "reserved opcode"},
		{"opcode 11", frames(text, "hello", finBit|11, "x"), 1002, "reserved opcode"},
		{"opcode 15", frames(text, "hello", finBit|15, "x"), 1002, "reserved opcode"},
		{"not masked", AppendFrame(bytes.Clone(ok), OpText, []byte("x")), 1002, "frame is not masked"},
		{"fragmented ping", frames(text, "hello", int(OpPing), "x"), 1002, "control frame is fragmented"},
		{"fragmented close", frames(text, "hello", int(OpClose), "x"), 1002, "control frame is fragmented"},
		{"ping of 126 bytes", frames(text, "hello", ping, strings.Repeat("p", 126)), 1002, "control frame is over 125 bytes"},
		{"close of 64 KiB", frames(text, "hello", closing, strings.Repeat("p", 65536)), 1002, "control frame is over 125 bytes"},
		{"continuation of nothing", frames(text, "hello", last, "x"), 1002, "continuation without a message"},
		{"continuation after the end", frames(textPart, "he", last, "llo", continuation, "x"), 1002, "continuation without a message"},
		{"new text in a message", frames(text, "hello", textPart, "a", text, "b"), 1002, "new message inside a fragmented one"},
		{"new binary in a message", frames(text, "hello", textPart, "a", continuation, "", binaryPart, "b"), 1002, "new message inside a fragmented one"},
		{"125 in 16 bits", masked(byte(text), maskBit|length16, 0, 125), 1002, "length is not in its shortest form"},
		{"0 in 16 bits", masked(byte(text), maskBit|length16, 0, 0), 1002, "length is not in its shortest form"},
		{"65535 in 64 bits", masked(byte(text), maskBit|length64, 0, 0, 0, 0, 0, 0, 0xff, 0xff), 1002, "length is not in its shortest form"},
		{"top bit", masked(byte(text), maskBit|length64, 0x80, 0, 0, 0, 0, 0, 0, 0), 1002, "length has its top bit set"},
		{"longest length", masked(byte(binaryWhole), maskBit|length64, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 1009, "message is over 70000 bytes"},
		{"over the limit", frames(text, "hello", binaryWhole, string(long(testLimit+1))), 1009, "message is over 70000 bytes"},
		{"over the limit by fragments", frames(text, "hello", binaryPart, string(long(testLimit)), continuation, "", last, "x"), 1009, "message is over 70000 bytes"},
		{"not UTF-8", frames(text, "hello", text, "a\xffb"), 1007, "text is not UTF-8"},
		{"overlong UTF-8", frames(text, "hello", text, "\xc0\xaf"), 1007, "text is not UTF-8"},
		{"surrogate", frames(text, "hello", text, "\xed\xa0\x80"), 1007, "text is not UTF-8"},
		{"above U+10FFFF", frames(text, "hello", text, "\xf4\x90\x80\x80"), 1007, "text is not UTF-8"},
		{"character cut by the end", frames(text, "hello", text, "\xe2\x82"), 1007, "text is not UTF-8"},
		{"character cut by the last fragment", frames(text, "hello", textPart, "\xe2", last, "\x82"), 1007, "text is not UTF-8"},
		{"character cut by a fragment and never finished", frames(text, "hello", textPart, "\xe2", last, "a"), 1007, "text is not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := transcript{Events: hello, Err: (&CloseError{tt.code, tt.text}).Error()}
			checkEveryWay(t, tt.wire, testLimit, want)
		})
	}
}

// checkEveryWay feeds wire whole, byte by byte and in ragged pieces with pauses.
func checkEveryWay(t *testing.T, wire []byte, limit int, want transcript) {
	t.Helper()
	ways := map[string]feeding{
		"whole": whole(), "byte by byte": byteByByte(), "in sevens": pieces(7),
		"ragged 1": ragged(1), "ragged 2": ragged(2), "ragged 3": ragged(3),
	}
	for name, way := range ways {
		var p Parser
		if diff := cmp.Diff(want, run(&p, wire, limit, way)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if want.Err == "" && (p.half != nil || p.Buffered() != 0) {
			t.Errorf("%s: idle parser holds %d bytes", name, p.Buffered())
		}
	}
}

func TestParser_boundary_lengths(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 8, 31, 32, 33, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, testLimit} {
		message := long(n)
		for _, wire := range [][]byte{
			clientFrame(nil, byte(text), message),
			clientFrame(nil, byte(binaryWhole), message),
			appendFragments(nil, OpText, message, max(1, n/3)),
		} {
			var p Parser
			for _, way := range []feeding{whole(), pieces(4096), pieces(777)} {
				got := run(&p, wire, n, way)
				if got.Err != "" || len(got.Events) == 0 || got.Events[len(got.Events)-1].Data != string(message) {
					t.Errorf("%d bytes in %d on the wire: %d events, error %q", n, len(wire), len(got.Events), got.Err)
				}
			}
		}
	}
}

func TestParser_says_so_as_soon_as_the_fault_is_visible(t *testing.T) {
	tests := []struct {
		name string
		wire []byte // the fault shows with its last byte
	}{
		{"first byte wrong, with the second", []byte{0xff, 0x80}},
		{"not masked", []byte{0x81, 0x05}},
		{"UTF-8 of an unfinished frame", clientFrame(nil, byte(text), []byte("ab\xffcd"))[:2+4+3]},
		{"UTF-8 of an unfinished message", frames(textPart, "\xe2\x82\x28")[:2+4+3]},
		{"too big, with the header", clientFrame(nil, byte(binaryWhole), long(testLimit+1))[:14]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p Parser
			early, late := tt.wire[:len(tt.wire)-1], tt.wire[len(tt.wire)-1:]
			if got := run(&p, early, testLimit, byteByByte()); got.Err != "" {
				t.Fatalf("refused before the fault: %s", got.Err)
			}
			if got := run(&p, late, testLimit, byteByByte()); got.Err == "" {
				t.Error("the fault was not seen with its last byte")
			}
		})
	}
}

func TestParser_error_is_final(t *testing.T) {
	var p Parser
	first := p.Feed([]byte{0x81, 0x01}, testLimit, nil)
	again := p.Feed(frames(text, "fine"), testLimit, nil)
	var closeError *CloseError
	if !errors.As(first, &closeError) || again != first {
		t.Errorf("first %v, then %v", first, again)
	}
	if p.Buffered() != 0 {
		t.Errorf("a failed parser holds %d bytes", p.Buffered())
	}
}

func TestParser_paused_goes_on_where_it_stopped(t *testing.T) {
	wire := frames(text, "one", text, "two", ping, "three", text, "four")
	var p Parser
	var got []string
	stop := func(_ Opcode, payload []byte) bool { got = append(got, string(payload)); return false }
	step := func(b []byte, want ...string) {
		t.Helper()
		got = nil
		if err := p.Feed(b, testLimit, stop); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
	step(wire, "one")
	clear(wire) // the reader's buffer is somebody else's by now
	step(nil, "two")
	step(frames(text, "five")[:4], "three")
	step(frames(text, "five")[4:], "four")
	if p.Buffered() == 0 {
		t.Fatal("what is waiting is not counted")
	}
	step(nil, "five")
	step(nil)
	if p.Buffered() != 0 {
		t.Fatalf("drained, but holds %d bytes", p.Buffered())
	}
}

func TestParser_memory_follows_what_arrived_not_what_was_promised(t *testing.T) {
	var p Parser
	const promised = 10 << 20
	wire := []byte{byte(binaryWhole), maskBit | length64, 0, 0, 0, 0, 0, promised >> 16, 0, 0, 1, 2, 3, 4}
	wire = append(wire, make([]byte, 64<<10)...)
	for fed := 0; fed+100 <= len(wire); {
		if err := p.Feed(wire[fed:fed+100], promised, nil); err != nil {
			t.Fatal(err)
		}
		fed += 100
		if most := 2*fed + minMessage; p.Buffered() > most {
			t.Fatalf("after %d bytes %d are held, want at most %d", fed, p.Buffered(), most)
		}
	}
}

func TestParser_many_fragments_are_copied_a_bounded_number_of_times(t *testing.T) {
	wire := appendFragments(nil, OpBinary, make([]byte, 64<<10), 16)
	allocs := testing.AllocsPerRun(1, func() {
		var p Parser
		if err := p.Feed(bytes.Clone(wire), 64<<10, discard); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 20 {
		t.Errorf("%.0f allocations for 4096 fragments: the buffer does not double", allocs)
	}
}

func TestParser_is_small(t *testing.T) {
	if size := unsafe.Sizeof(Parser{}); size > 24 {
		t.Errorf("a Parser takes %d bytes in every connection, want at most 24", size)
	}
}

func discard(Opcode, []byte) bool { return true }

func TestOpcode_names(t *testing.T) {
	got := fmt.Sprint(OpContinuation, OpText, OpBinary, OpClose, OpPing, OpPong, Opcode(11))
	if want := "continuation text binary close ping pong opcode 11"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
