package engineio

import (
	"bytes"
	"errors"
	"testing"

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
