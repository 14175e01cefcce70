package packed

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// vector is one entry of conformance/vectors/msgpack-parser.json: wire_hex is the binary message;
// data_hex is the data as the app link has it, of an event its arguments without the name. both and
// encode also say how we write it.
type vector struct {
	Name  string `json:"name"`
	Wire  string `json:"wire_hex"`
	Value struct {
		Type      int     `json:"type"`
		Namespace string  `json:"namespace"`
		ID        *uint64 `json:"id"`
		Event     *string `json:"event"`
		Data      *string `json:"data_hex"`
	} `json:"value"`
	Error string `json:"error"`
	Dir   string `json:"dir"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("../../../conformance/vectors/msgpack-parser.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(text, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			switch v.Dir {
			case "both":
				checkRead(t, v)
				checkWrite(t, v)
			case "decode":
				checkRead(t, v)
			case "encode":
				checkWrite(t, v)
			default:
				t.Fatalf("unknown dir %q", v.Dir)
			}
		})
	}
}

// content is what a packet says, as the app is told it.
type content struct {
	Type      socketio.Type
	Namespace string
	ID        uint64
	HasID     bool
	Event     string
	Data      string // hexadecimal
}

// read takes a message as far as the floors above do.
func read(wire []byte) (c content, err error) {
	p, err := Parse(wire, Limits{})
	if err != nil {
		return content{}, err
	}
	c = content{Type: p.Type, Namespace: p.Namespace, ID: p.ID, HasID: p.HasID}
	var data []byte
	switch {
	case p.Type == socketio.Event:
		c.Event, data, err = payload.SplitNotepackEvent(nil, p.Data, payload.Limits{})
	case p.Data != nil:
		data, err = payload.AppendFromNotepack(nil, p.Data, payload.Limits{})
	}
	c.Data = hex.EncodeToString(data)
	return c, err
}

func checkRead(t *testing.T, v vector) {
	t.Helper()
	got, err := read(unhex(t, v.Wire))
	if v.Error != "" {
		checkError(t, err, v.Error)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := content{Type: socketio.Connect + socketio.Type(v.Value.Type), Namespace: v.Value.Namespace}
	if v.Value.ID != nil {
		want.ID, want.HasID = *v.Value.ID, true
	}
	if v.Value.Event != nil {
		want.Event = *v.Value.Event
	}
	if v.Value.Data != nil {
		want.Data = *v.Value.Data
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func checkWrite(t *testing.T, v vector) {
	t.Helper()
	p := socketio.Packet{Type: socketio.Connect + socketio.Type(v.Value.Type), Namespace: v.Value.Namespace}
	if v.Value.ID != nil {
		p.ID, p.HasID = *v.Value.ID, true
	}
	var err error
	if v.Value.Data != nil {
		data := unhex(t, *v.Value.Data)
		if v.Value.Event != nil {
			p.Data, err = payload.AppendNotepackEvent(nil, *v.Value.Event, data)
		} else {
			p.Data, err = payload.AppendNotepack(nil, data)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	got := Append([]byte("before"), p)
	if diff := cmp.Diff(hex.EncodeToString([]byte("before"))+v.Wire, hex.EncodeToString(got)); diff != "" {
		t.Error(diff)
	}
}

// checkError checks that err is of the kind a vector names.
func checkError(t *testing.T, err error, kind string) {
	t.Helper()
	var syntax *payload.SyntaxError
	var packet *PacketError
	ok := false
	switch kind {
	case "payload":
		ok = errors.As(err, &syntax)
	case "packet":
		ok = errors.As(err, &packet)
	case "namespace":
		ok = errors.Is(err, ErrNamespaceTooLong)
	case "reserved":
		ok = errors.Is(err, socketio.ErrReservedEvent)
	case "depth":
		ok = errors.Is(err, payload.ErrTooDeep)
	}
	if !ok {
		t.Errorf("got error %v, want one of kind %q", err, kind)
	}
}
