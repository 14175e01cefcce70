package plain

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is one entry of the shared file; conformance/README.md describes it.
type vector struct {
	Name, Dir, Wire, Error string
	Value                  struct {
		Event, Args, Offset string
		ID, Ack             *uint64
	}
}

var vectorErrors = map[string]error{"object": ErrObject, "field": ErrField, "kind": ErrKind}

func vectors(t testing.TB) (list []vector) {
	t.Helper()
	file, err := os.ReadFile("../../../conformance/vectors/plain.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (v vector) packet() (p Packet) {
	if v.Error != "" {
		return p
	}
	p = Packet{Event: v.Value.Event, Args: []byte(v.Value.Args), Offset: v.Value.Offset}
	if v.Value.ID != nil {
		p.ID, p.HasID = *v.Value.ID, true
	}
	if v.Value.Ack != nil {
		p.ID, p.IsAck = *v.Value.Ack, true
	}
	return p
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			fault, known := vectorErrors[v.Error]
			if v.Dir != "both" && v.Dir != "decode" && v.Dir != "encode" || !known && v.Error != "" {
				t.Fatalf("no direction %q, or no error %q", v.Dir, v.Error)
			}
			if v.Dir != "encode" {
				p, err := Parse([]byte(v.Wire))
				if !errors.Is(err, fault) {
					t.Errorf("error %v, want %v", err, fault)
				}
				if diff := cmp.Diff(v.packet(), p); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			}
			if v.Dir != "decode" {
				if got := string(Append([]byte("before"), v.packet())); got != "before"+v.Wire {
					t.Errorf("got %s, want %s", got, v.Wire)
				}
			}
		})
	}
}

func TestAppendArray(t *testing.T) {
	for _, c := range []struct{ wire, want string }{
		{`{"event":"a"}`, `["a"]`},
		{`{"event":"a","args":[ ]}`, `["a"]`},
		{`{"event":"<é>","args":[ 1, [2] ]}`, `["<é>",1, [2]]`},
		{`{"ack":1}`, `[]`},
		{`{"ack":1,"args":[1,2]}`, `[1,2]`},
	} {
		p, err := Parse([]byte(c.wire))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(AppendArray([]byte("x"), p)); got != "x"+c.want {
			t.Errorf("%s: %s, want %s", c.wire, got, c.want)
		}
	}
}

func TestAppend_without_arguments(t *testing.T) {
	if got := string(Append(nil, Packet{Event: "a"})); got != `{"event":"a","args":[]}` {
		t.Error(got)
	}
}

func TestIsLast(t *testing.T) {
	for event, want := range map[string]bool{
		Disconnect: true, ConnectError: true, Connect: false, Gap: false, "disconnected": false, "": false,
	} {
		if got := IsLast(Append(nil, Packet{Event: event})); got != want {
			t.Errorf("%q: %t", event, got)
		}
	}
}

// FuzzParse: Parse never panics, what it accepts says the same when it is written and read again, and its
// array is JSON.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.Wire))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		p, err := Parse(message)
		if err != nil {
			if diff := cmp.Diff(Packet{}, p); diff != "" {
				t.Error(diff)
			}
			return
		}
		again, err := Parse(Append(nil, p))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Error(diff)
		}
		if array := AppendArray(nil, p); !json.Valid(array) || array[0] != '[' {
			t.Errorf("no list: %q", array)
		}
	})
}
