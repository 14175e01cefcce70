package engineio

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Any WebSocket message: never a panic; a packet that was accepted and is written again parses to
// the same packet.
func FuzzParsePacket(f *testing.F) {
	for _, seed := range []string{"", "0", "2probe", "4hello", "7", "b", "bAQID", "bAQI", "bAQID\nBA==", "b====", "4\x1e", "\xff"} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, wire []byte, binary bool) {
		p, err := ParsePacket(wire, binary)
		if err != nil {
			checkFault(t, err, len(wire))
			return
		}
		again, err := ParsePacket(AppendPacket(nil, p), p.Binary)
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("%v (-first +second):\n%s", err, diff)
		}
		if !binary && !p.Binary && !bytes.Equal(AppendPacket(nil, p), wire) {
			t.Fatalf("%q became %q", wire, AppendPacket(nil, p))
		}
	})
}

// Any polling body: never a panic, and the packets that were accepted make a body of the same
// packets. ParsePayload and NextPacket agree.
func FuzzParsePayload(f *testing.F) {
	for _, seed := range []string{"", "4hello\x1ebAQID\x1e2", "\x1e", "4a\x1e", "4a\x1e\x1e4b", "b=\x1eb", "6\x1e1", "abc", "4\xff\x1e3"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, fault := collect(string(body), Limits{})
		if fault != nil {
			checkFault(t, fault, len(body))
		}
		var again []byte
		for _, p := range want {
			again = AppendPayloadPacket(again, p)
		}
		if len(want) > 0 {
			got, err := collect(string(again), Limits{Bytes: len(again), Packets: len(want)})
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Fatalf("%v (-first +second):\n%s", err, diff)
			}
		}

		count := 0
		var err error
		for rest := body; ; count++ {
			if _, rest, err = NextPacket(rest); err != nil {
				break
			}
			if rest == nil {
				count++
				break
			}
		}
		if count != len(want) || (err == nil) != (fault == nil) {
			t.Fatalf("NextPacket: %d packets and %v, ParsePayload: %d and %v", count, err, len(want), fault)
		}
	})
}

// checkFault fails the test unless err is a fault of the client with an offset inside its input.
func checkFault(t *testing.T, err error, size int) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > size {
		t.Fatalf("%v for an input of %d bytes", err, size)
	}
}

// Any WebSocket message of revision 3: never a panic; a packet that was accepted and is written again
// parses to the same packet, as bytes and as text.
func FuzzParsePacket3(f *testing.F) {
	for _, seed := range []string{"", "0", "2probe", "4hello", "7", "b", "b4", "b4AQID", "b2AQ", "b4AQI", "\x04\x01", "\x02", "\xff"} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, wire []byte, binary bool) {
		p, err := ParsePacket3(wire, binary)
		if err != nil {
			checkFault(t, err, max(len(wire), 1))
			return
		}
		again, err := ParsePacket3(AppendPacket3(nil, p), p.Binary)
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("%v (-first +second):\n%s", err, diff)
		}
		again, err = ParsePacket3(AppendTextPacket3(nil, p), false)
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("as text: %v (-first +second):\n%s", err, diff)
		}
	})
}

// Any polling body of revision 3, in both forms: never a panic, and the packets that were accepted make
// a body of the same packets.
func FuzzNextPacket3(f *testing.F) {
	for _, seed := range []string{
		"", "6:4hello10:b4AQIDBA==", "0:", "2:4a0:", "2:4€", "3:4😀", "2:4😀", "9:4a", "02:4a", "x", ":", "2:4\xff",
		"\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04", "\x00\x00\xff", "\x01\x01\xff\x02", "\x02",
	} {
		f.Add([]byte(seed))
	}
	forms := []struct {
		next   next3
		append func([]byte, Packet) []byte
	}{{NextPacket3, AppendPayloadPacket3}, {NextBinaryPacket3, AppendBinaryPayloadPacket3}}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, form := range forms {
			want, err := collect3(body, form.next)
			if err != nil {
				checkFault(t, err, len(body))
			}
			if len(want) == 0 {
				continue
			}
			var again []byte
			for _, p := range want {
				again = form.append(again, p)
			}
			got, err := collect3(again, form.next)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Fatalf("%q: %v (-first +second):\n%s", again, err, diff)
			}
		}
	})
}

// Any text: what is written for a client of 1.x is read from it, and what a session has shown about
// 2.x stays.
func FuzzText3(f *testing.F) {
	for _, seed := range []string{"", "a", "é", "Ã©", "€", "👩‍🚀", "\xff", "\xed\xa0\x80", "í\u00a0\u0080"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		text := Text3Unknown
		if got := text.Decode(Text3Twice.Encode([]byte(first))); utf8.ValidString(first) && string(got) != first {
			t.Fatalf("%q came back as %q", first, got)
		}
		text.Decode([]byte(second))
		if text == Text3Once {
			if got := text.Decode([]byte(first)); string(got) != first || text != Text3Once {
				t.Fatalf("%q is %q after a proof, and shown %d", first, got, text)
			}
		}
	})
}
