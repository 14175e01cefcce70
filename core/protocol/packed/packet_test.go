package packed

import (
	"errors"
	"strings"
	"testing"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

func TestParse_says_which_limit(t *testing.T) {
	event := Append(nil, socketio.Packet{Type: socketio.Event, Namespace: "/chat", Data: []byte{0x91, 0xa1, 'x'}})
	if _, err := Parse(event, Limits{Namespace: 5, Bytes: len(event)}); err != nil {
		t.Fatal(err)
	}
	_, err := Parse(event, Limits{Namespace: 4})
	if !errors.Is(err, ErrNamespaceTooLong) || !strings.Contains(err.Error(), "4 bytes") {
		t.Errorf("namespace: %v", err)
	}
	_, err = Parse(event, Limits{Bytes: len(event) - 1})
	if !errors.Is(err, payload.ErrTooLarge) || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("bytes: %v", err)
	}
}

func TestAppend_writes_binary_types_as_plain_ones(t *testing.T) {
	for binary, plain := range map[socketio.Type]socketio.Type{
		socketio.BinaryEvent: socketio.Event, socketio.BinaryAck: socketio.Ack,
	} {
		data := []byte{0x92, 0xa1, 'x', 0xc4, 1, 9}
		wire := Append(nil, socketio.Packet{Type: binary, Attachments: 1, ID: 300, HasID: true, Data: data})
		p, err := Parse(wire, Limits{})
		if err != nil || p.Type != plain || p.ID != 300 || p.Namespace != socketio.MainNamespace || string(p.Data) != string(data) {
			t.Errorf("%v became %+v, %v", binary, p, err)
		}
	}
}

func TestParse_allocates_the_namespace_alone(t *testing.T) {
	for _, c := range []struct {
		namespace string
		ceiling   float64
	}{{"/", 0}, {"/chat", 1}} {
		wire := Append(nil, socketio.Packet{Type: socketio.Event, Namespace: c.namespace, Data: []byte{0x91, 0xa1, 'x'}})
		got := testing.AllocsPerRun(100, func() {
			if _, err := Parse(wire, Limits{}); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.ceiling {
			t.Errorf("%s: %v allocations, the ceiling is %v", c.namespace, got, c.ceiling)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	args := []byte{0x92, 0xa7, 'm', 'e', 's', 's', 'a', 'g', 'e', 0x82, 0xa2, 't', 'o', 0xa3, 'a', 'l', 'l', 0xa1, 'n', 0x05}
	wire := Append(nil, socketio.Packet{Type: socketio.Event, ID: 7, HasID: true, Data: args})
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(wire, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
