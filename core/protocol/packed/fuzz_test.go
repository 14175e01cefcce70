package packed

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// FuzzParse: Parse never panics; what it accepts says the same when it is written again, obeys the
// table of types, and its data can be read.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		b, err := hex.DecodeString(v.Wire)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b, Limits{})
		if err != nil {
			if diff := cmp.Diff(socketio.Packet{}, p); diff != "" {
				t.Error(diff)
			}
			return
		}
		again, err := Parse(Append(nil, p), Limits{})
		if errors.Is(err, payload.ErrTooDeep) || errors.Is(err, payload.ErrTooLarge) {
			t.Fatalf("%x has grown: %v", b, err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Error(diff)
		}
		if !socketio.ValidNamespace(p.Namespace, socketio.Limits{}) || p.Type > socketio.ConnectError || p.Attachments != 0 {
			t.Errorf("beyond the limits: %+v", p)
		}
		if p.HasID && p.Type != socketio.Event && p.Type != socketio.Ack {
			t.Errorf("an ack id on %v", p.Type)
		}
		if n, err := payload.Validate(p.Data, payload.Limits{}); p.Data != nil && (err != nil || n != len(p.Data)) {
			t.Errorf("data %x: %d bytes, %v", p.Data, n, err)
		}
	})
}
