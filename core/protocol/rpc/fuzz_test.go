package rpc

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever the bytes, Parse says yes or no, and what it says yes to survives a round trip.
func FuzzParse(f *testing.F) {
	for _, v := range readVectors(f) {
		if b, err := hexBody(v.Wire); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		frame, err := Parse(body)
		if err != nil {
			return
		}
		wire := frame.Append(nil)
		again, err := Parse(wire[HeaderSize:])
		if err != nil {
			t.Fatalf("%x was read, its second form %x is not: %v", body, wire, err)
		}
		if diff := cmp.Diff(frame, again); diff != "" {
			t.Fatal(diff)
		}
		if n, err := Length([HeaderSize]byte(wire), MaxFrame); err != nil || n != len(wire)-HeaderSize {
			t.Fatalf("length %d of %d: %v", n, len(wire)-HeaderSize, err)
		}
	})
}

// No parameters that Parse lets through make a Decode function panic or keep what is not there.
func FuzzDecode(f *testing.F) {
	for _, v := range readVectors(f) {
		if b, err := hexBody(v.Wire); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		frame, err := Parse(body)
		if err != nil {
			return
		}
		if frame.Kind == Response {
			decodeAnswers(t, frame)
			return
		}
		for _, decode := range decode {
			if _, err := decode(frame.Params); err != nil && err.Error() == "" {
				t.Fatal("an error without a text")
			}
		}
		if e, err := DecodeEmit(frame.Params); err == nil && !bytes.Equal(e.Args, noArgs) && !bytes.Contains(body, e.Args) {
			t.Fatalf("args %x are not from %x", e.Args, body)
		}
		DecodeReason(frame.Params)
	})
}

func decodeAnswers(t *testing.T, frame Frame) {
	if g, err := DecodeGrant(frame.Result); err == nil && g.Data != nil && len(g.Data) == 0 {
		t.Fatal("data of no bytes")
	}
	if o, args, err := DecodeOutcome(frame.Result); err == nil && (o == AckNow) != (args != nil) {
		t.Fatalf("outcome %v with args %x", o, args)
	}
	if frame.Error != nil {
		e, err := DecodeError(frame.Error)
		if err != nil {
			t.Fatalf("Parse let an error through that cannot be read: %v", err)
		}
		e.ErrorAck()
	}
}
