package socketio

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse: Parse and Parse4 never panic; what they accept says the same when it is written again, and
// obeys the table of types when its JSON is JSON. What revision 5 accepts revision 4 does, too.
func FuzzParse(f *testing.F) {
	for _, r := range revisions {
		for _, v := range r.vectors(f) {
			f.Add([]byte(v.Wire))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err5 := Parse(b, Limits{})
		if _, err4 := Parse4(b, Limits{}); err5 == nil && err4 != nil && b[0] != byte(Connect) {
			t.Errorf("revision 4: %v", err4)
		}
		fuzzParse(t, b, Parse, false)
		fuzzParse(t, b, Parse4, true)
	})
}

func fuzzParse(t *testing.T, b []byte, parse parse, revision4 bool) {
	p, err := parse(b, Limits{})
	if err != nil {
		if diff := cmp.Diff(Packet{}, p); diff != "" {
			t.Error(diff)
		}
		return
	}
	again, err := parse(Append(nil, p), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, again); diff != "" {
		t.Error(diff)
	}
	if !ValidNamespace(p.Namespace, Limits{}) || p.Attachments < 0 || p.Attachments > DefaultAttachments {
		t.Errorf("beyond the limits: %+v", p)
	}
	if p.Query != "" && (p.Type != Connect || !revision4) {
		t.Errorf("a query where there is none: %+v", p)
	}
	if p.Data != nil && json.Valid(p.Data) && !(revision4 && p.Type == ConnectError) {
		checkData(t, p)
	}
}

// checkData decides by way of encoding/json what Parse decided by the outline.
func checkData(t *testing.T, p Packet) {
	t.Helper()
	var v any
	if json.Unmarshal(p.Data, &v) != nil {
		return // a number beyond float64
	}
	array, isArray := v.([]any)
	object, isObject := v.(map[string]any)
	_, isString := v.(string)
	ok := false
	switch p.Type {
	case Connect:
		ok = isObject && object != nil
	case ConnectError:
		ok = isObject || isString
	case Ack, BinaryAck:
		ok = isArray
	case Event, BinaryEvent:
		if isArray && len(array) > 0 {
			name, isName := array[0].(string)
			_, isNumber := array[0].(float64)
			ok = isNumber || isName && !ReservedEvent(name)
		}
	}
	if !ok {
		t.Errorf("%v with data %s", p.Type, p.Data)
	}
}

// FuzzAssembler: two messages of any kind never leave more behind than a packet that waits, and
// whatever comes out has as many attachments as it says.
func FuzzAssembler(f *testing.F) {
	for _, r := range revisions {
		for _, v := range r.vectors(f) {
			f.Add([]byte(v.Wire), []byte{1}, false, true)
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte, firstBinary, secondBinary bool) {
		var a Assembler
		lim := Limits{Bytes: 1000}
		for _, m := range []struct {
			b      []byte
			binary bool
		}{{first, firstBinary}, {second, secondBinary}} {
			before := a.Pending()
			p, atts, done, err := a.Add(m.b, m.binary, lim)
			if err != nil {
				if done || a.Pending() {
					t.Fatalf("after %v: done %v, pending %v", err, done, a.Pending())
				}
				continue
			}
			if before != m.binary {
				t.Fatal("text while a packet waits, or binary while none does, was taken")
			}
			if done == a.Pending() {
				t.Fatalf("done %v, pending %v", done, a.Pending())
			}
			if done && len(atts) != p.Attachments {
				t.Fatalf("%d attachments of %d", len(atts), p.Attachments)
			}
			if len(m.b) > lim.Bytes {
				t.Fatalf("%d bytes were taken", len(m.b))
			}
		}
	})
}

// FuzzReserved: a name is reserved exactly if encoding/json says that it spells one.
func FuzzReserved(f *testing.F) {
	for _, name := range []string{`connect`, `\u0063onnect`, `newListener\u0000`, `a\"b`, escaped("disconnecting")} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		quoted := []byte(`"` + inner + `"`)
		var name string
		if json.Unmarshal(quoted, &name) != nil {
			return
		}
		text := append(append([]byte("2["), quoted...), ']')
		if _, err := Parse(text, Limits{}); errors.Is(err, ErrReservedEvent) != ReservedEvent(name) {
			t.Errorf("%s: %v", text, err)
		}
	})
}
