package socketio

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is one entry of conformance/vectors/socketio-5.json or -4.json. The wire is the text of the packet;
// value.type is its digit as a number, and value.attachments are the binary messages after it, in
// hex. Both ways the data is the JSON text with placeholders.
type vector struct {
	Name  string `json:"name"`
	Wire  string `json:"wire"`
	Value struct {
		Type        int             `json:"type"`
		Namespace   string          `json:"namespace"`
		Query       string          `json:"query"`
		ID          *uint64         `json:"id"`
		Data        json.RawMessage `json:"data"`
		Attachments []string        `json:"attachments"`
	} `json:"value"`
	Error string `json:"error"`
	Dir   string `json:"dir"`
}

// revision is one of the two that this package reads.
type revision struct {
	name  string // of the file
	parse parse
	add   func(a *Assembler, message []byte, binary bool, lim Limits) (Packet, [][]byte, bool, error)
}

var revisions = []revision{
	{"socketio-5.json", Parse, (*Assembler).Add},
	{"socketio-4.json", Parse4, (*Assembler).Add4},
}

func (r revision) vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("../../../conformance/vectors/" + r.name)
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(text, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

// packet is the value of v. A vector read by the reference alone may announce attachments that it
// does not show: announced is what the wire said.
func (v vector) packet(announced int) Packet {
	p := Packet{
		Type:        Type('0' + v.Value.Type),
		Attachments: announced,
		Namespace:   v.Value.Namespace,
		Query:       v.Value.Query,
		Data:        v.Value.Data,
	}
	if v.Value.ID != nil {
		p.ID, p.HasID = *v.Value.ID, true
	}
	return p
}

func TestVectors(t *testing.T) {
	for _, r := range revisions {
		t.Run(r.name, r.checkVectors)
	}
}

func (r revision) checkVectors(t *testing.T) {
	for _, v := range r.vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			got, err := r.parse([]byte(v.Wire), Limits{})
			if v.Error != "" {
				checkError(t, err, v.Error)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.packet(got.Attachments), compact(t, got)); diff != "" {
				t.Error(diff)
			}
			if v.Dir != "both" {
				return
			}
			if got, want := got.Attachments, len(v.Value.Attachments); got != want {
				t.Errorf("%d attachments announced, want %d", got, want)
			}
			encoded := Append([]byte("before"), v.packet(len(v.Value.Attachments)))
			if diff := cmp.Diff("before"+v.Wire, string(encoded)); diff != "" {
				t.Error(diff)
			}
			r.checkAssembly(t, v)
		})
	}
}

// checkAssembly sends the wire and the attachments of v through an Assembler.
func (r revision) checkAssembly(t *testing.T, v vector) {
	t.Helper()
	var a Assembler
	p, atts, done, err := r.add(&a, []byte(v.Wire), false, Limits{})
	var want []string
	for _, h := range v.Value.Attachments {
		if done || err != nil || !a.Pending() {
			t.Fatalf("before attachment %s: done %v, pending %v, error %v", h, done, a.Pending(), err)
		}
		b, err := hex.DecodeString(h)
		if err != nil {
			t.Fatal(err)
		}
		if p, atts, done, err = r.add(&a, b, true, Limits{}); err != nil {
			t.Fatal(err)
		}
		want = append(want, h)
	}
	if !done || err != nil || a.Pending() {
		t.Fatalf("at the end: done %v, pending %v, error %v", done, a.Pending(), err)
	}
	var got []string
	for _, b := range atts {
		got = append(got, hex.EncodeToString(b))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(v.packet(len(want)), p); diff != "" {
		t.Error(diff)
	}
}

func compact(t *testing.T, p Packet) Packet {
	t.Helper()
	if p.Data != nil {
		var b bytes.Buffer
		if err := json.Compact(&b, p.Data); err != nil {
			t.Fatal(err)
		}
		p.Data = b.Bytes()
	}
	return p
}

func checkError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one like %q", text)
	}
	if got, want := errors.Is(err, ErrTooManyAttachments), text == "too many attachments"; got != want {
		t.Errorf("got error %v, want one like %q", err, text)
	}
}
