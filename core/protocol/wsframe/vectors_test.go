package wsframe

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is one entry of the shared file; conformance/README.md describes it.
type vector struct {
	Name    string
	Dir     string
	WireHex string `json:"wire_hex"`
	Error   string
	Value   struct {
		Limit    *int
		Deflate  bool
		Messages []struct {
			Op, Text, Hex string
			Deflated      bool
		}
	}
}

var opcodes = map[string]Opcode{
	"text": OpText, "binary": OpBinary, "close": OpClose, "ping": OpPing, "pong": OpPong,
}

func TestVectors(t *testing.T) {
	file, err := os.ReadFile("../../../conformance/vectors/wsframe.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) { v.check(t) })
	}
}

func (v vector) check(t *testing.T) {
	wire := unhex(t, v.WireHex)
	var want []event
	for _, m := range v.Value.Messages {
		op, known := opcodes[m.Op]
		if !known {
			t.Fatalf("no opcode %q", m.Op)
		}
		if m.Deflated {
			op |= Deflated
		}
		want = append(want, event{op, m.Text + string(unhex(t, m.Hex))})
	}
	switch v.Dir {
	case "decode":
		v.checkDecode(t, wire, want)
	case "encode":
		var got []byte
		for _, e := range want {
			got = AppendFrame(got, e.Op, []byte(e.Data))
		}
		if diff := cmp.Diff(wire, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	default:
		t.Fatalf("dir %q has no meaning for frames", v.Dir)
	}
}

func (v vector) checkDecode(t *testing.T, wire []byte, want []event) {
	limit := testLimit
	if v.Value.Limit != nil {
		limit = *v.Value.Limit
	}
	for name, way := range map[string]feeding{"whole": whole(), "byte by byte": byteByByte(), "ragged": ragged(1)} {
		p := Parser{Deflate: v.Value.Deflate}
		got := run(&p, wire, limit, way)
		if diff := cmp.Diff(want, got.Events); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		var e *CloseError
		fault := ""
		if errors.As(p.Feed(nil, limit, nil), &e) { // an error is final, so this is the same one
			fault = strconv.Itoa(int(e.Code))
		}
		if fault != v.Error {
			t.Errorf("%s: refused with %q, want %q", name, fault, v.Error)
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
