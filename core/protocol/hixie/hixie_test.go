package hixie

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"realtime/core/protocol/wsframe"
)

// vector is one entry of the shared file; conformance/README.md describes it.
type vector struct {
	Name, Dir, Wire, Error string
	WireHex                string `json:"wire_hex"`
	Value                  struct {
		Form                  string // proof, frames
		Key1, Key2, Challenge string
		Limit                 *int
		Messages              []struct{ Op, Text string }
	}
}

func vectors(t testing.TB) []vector {
	t.Helper()
	file, err := os.ReadFile("../../../conformance/vectors/hixie.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(file, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (v vector) wire(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(v.WireHex)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte(v.Wire), b...)
}

// event is one call of yield.
type event struct {
	Op   wsframe.Opcode
	Data string
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			switch v.Value.Form {
			case "proof":
				v.checkProof(t)
			case "frames":
				v.checkFrames(t)
			default:
				t.Fatalf("no form %q", v.Value.Form)
			}
		})
	}
}

func (v vector) checkProof(t *testing.T) {
	got, err := Proof(v.Value.Key1, v.Value.Key2, [ChallengeSize]byte([]byte(v.Value.Challenge)))
	if v.Error != "" {
		if v.Error != "key" || !errors.Is(err, ErrKey) {
			t.Errorf("got error %v, want %q", err, v.Error)
		}
		return
	}
	if err != nil || !bytes.Equal(got[:], v.wire(t)) {
		t.Errorf("got %q, %v, want %q", got, err, v.wire(t))
	}
}

func (v vector) checkFrames(t *testing.T) {
	limit := 1000
	if v.Value.Limit != nil {
		limit = *v.Value.Limit
	}
	var want []event
	var encoded []byte
	for _, m := range v.Value.Messages {
		op := map[string]wsframe.Opcode{"text": wsframe.OpText, "close": wsframe.OpClose}[m.Op]
		want = append(want, event{op, m.Text})
		if op == wsframe.OpClose {
			encoded = AppendClose(encoded)
		} else {
			encoded = AppendFrame(encoded, []byte(m.Text))
		}
	}
	for _, size := range []int{1000, 1} {
		got, err := feed(new(Parser), v.wire(t), limit, size)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("in pieces of %d (-want +got):\n%s", size, diff)
		}
		if got := code(err); got != v.Error {
			t.Errorf("in pieces of %d: got error %v, want %q", size, err, v.Error)
		}
	}
	if v.Dir == "both" && !bytes.Equal(encoded, v.wire(t)) {
		t.Errorf("got % x, want % x", encoded, v.wire(t))
	}
}

// code is the close code of an error, "" for none.
func code(err error) string {
	if err == nil {
		return ""
	}
	var foul *wsframe.CloseError
	if !errors.As(err, &foul) {
		return err.Error()
	}
	return strconv.Itoa(int(foul.Code))
}

// feed gives the bytes to p in pieces, and collects what comes out up to the first error.
func feed(p *Parser, wire []byte, limit, size int) (got []event, err error) {
	for piece := range slices.Chunk(wire, size) {
		err = p.Feed(bytes.Clone(piece), limit, func(op wsframe.Opcode, payload []byte) bool {
			got = append(got, event{op, string(payload)})
			return true
		})
		if err != nil {
			return got, err
		}
	}
	return got, nil
}

func TestParser_goes_on_where_it_was_paused(t *testing.T) {
	wire := AppendClose(AppendFrame(AppendFrame(AppendFrame(nil, []byte("a")), []byte("b")), []byte("c")))
	var p Parser
	var got []string
	pausing := func(_ wsframe.Opcode, payload []byte) bool {
		got = append(got, string(payload))
		return false
	}
	for _, want := range []string{"a", "b", "c", ""} {
		if err := p.Feed(wire, 10, pausing); err != nil {
			t.Fatal(err)
		}
		clear(wire) // it is the caller's again
		wire = nil
		if last := got[len(got)-1]; last != want {
			t.Fatalf("got %q, want %q", last, want)
		}
	}
	if len(got) != 4 || p.Buffered() != 0 {
		t.Errorf("%d messages, %d bytes still held", len(got), p.Buffered())
	}
}

func TestParser_an_error_stays(t *testing.T) {
	var p Parser
	first := p.Feed([]byte("\x00\xc3\xff"), 10, nil)
	again := p.Feed([]byte("\x00a\xff"), 10, nil)
	if code(first) != "1007" || !errors.Is(again, first) {
		t.Errorf("first %v, then %v", first, again)
	}
}

// A frame that lies whole in what was read costs nothing.
func TestAllocations(t *testing.T) {
	var p Parser
	wire := AppendFrame(nil, []byte("5:::{\"name\":\"x\"}"))
	yield := func(wsframe.Opcode, []byte) bool { return true }
	if got := testing.AllocsPerRun(100, func() { _ = p.Feed(wire, 100, yield) }); got > 0 {
		t.Errorf("%.0f allocations", got)
	}
}

// FuzzParser: never a panic, and what comes out does not depend on how the bytes were cut.
func FuzzParser(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.wire(f), 2)
	}
	f.Fuzz(func(t *testing.T, wire []byte, size int) {
		const limit = 100
		whole, wholeErr := feed(new(Parser), wire, limit, max(1, len(wire)))
		for _, e := range whole {
			if len(e.Data) > limit || !utf8.ValidString(e.Data) {
				t.Fatalf("yielded %q", e.Data)
			}
		}
		for _, n := range []int{1, max(1, size)} {
			var p Parser
			got, err := feed(&p, wire, limit, n)
			if diff := cmp.Diff(whole, got); diff != "" || code(err) != code(wholeErr) {
				t.Fatalf("in pieces of %d: %v, whole %v (-whole +pieces):\n%s", n, err, wholeErr, diff)
			}
			if p.Buffered() > 4*limit+64 {
				t.Fatalf("%d bytes are held", p.Buffered())
			}
		}
	})
}

// FuzzProof: never a panic, and a key that hides a number gives it back.
func FuzzProof(f *testing.F) {
	f.Add("4 @1  46546xW%0l 1 5", uint32(906585445), uint8(3))
	f.Fuzz(func(t *testing.T, key string, number uint32, spaces uint8) {
		_, _ = Proof(key, key, [ChallengeSize]byte{})
		n := uint64(spaces)%12 + 1
		hidden := strconv.FormatUint(uint64(number)*n, 10) + string(bytes.Repeat([]byte(" "), int(n)))
		if got, ok := quotient(hidden); !ok || got != number {
			t.Errorf("%q: got %d, %v, want %d", hidden, got, ok, number)
		}
	})
}
