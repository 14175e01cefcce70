package socketio1

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// vector is one entry of the shared file; conformance/README.md describes it.
type vector struct {
	Name, Dir, Wire, Error string
	WireHex                string `json:"wire_hex"`
	Value                  vectorValue
}

type vectorValue struct {
	Form string

	// packet, event
	Type            int
	ID              any // a number, or a text where it is too large for one
	Plus            bool
	Endpoint, Query string
	Data, Array     string

	Packets          []string // payload
	SID              string   // handshake
	Heartbeat, Close int
	Transports       []string
	Index, Text      string // jsonp, jsonp-error, htmlfile, form
	Grants           []FlashGrant
}

var vectorErrors = map[string]error{
	"type": ErrType, "fields": ErrFields, "id": ErrID, "endpoint": ErrEndpoint, "ack": ErrAck,
	"event": ErrEvent, "json": ErrJSON, "length": ErrLength, "text": ErrText, "form": ErrForm,
}

func vectors(t testing.TB) []vector {
	t.Helper()
	file, err := os.ReadFile("../../../conformance/vectors/socketio-1.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(file, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// checks are how a form is read and how it is written. Both are given what the vector says.
var checks = map[string]struct {
	decode func(t *testing.T, v vector) (got, want any, err error)
	encode func(v vector) []byte
}{
	"packet":      {decodePacket, func(v vector) []byte { return Append(nil, v.packet()) }},
	"event":       {decodeEvent, nil},
	"payload":     {decodePayload, encodePayload},
	"array":       {decodeArray, func(v vector) []byte { return Append(nil, FromArray([]byte(v.Value.Array))) }},
	"form":        {decodeForm, nil},
	"handshake":   {nil, encodeHandshake},
	"jsonp":       {nil, func(v vector) []byte { return AppendJSONP(nil, v.Value.Index, []byte(v.Value.Text)) }},
	"jsonp-error": {nil, func(v vector) []byte { return AppendJSONPError(nil, v.Value.Index, v.Value.Text) }},
	"htmlfile":    {nil, func(v vector) []byte { return AppendHTMLFile(nil, []byte(v.Value.Text)) }},
	"flash":       {nil, func(v vector) []byte { return AppendFlashPolicy(nil, v.Value.Grants) }},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			check, known := checks[v.Value.Form]
			if !known || v.Dir != "both" && v.Dir != "decode" && v.Dir != "encode" {
				t.Fatalf("no form %q, or no direction %q", v.Value.Form, v.Dir)
			}
			if v.Dir != "encode" {
				got, want, err := check.decode(t, v)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				v.checkError(t, err)
			}
			if v.Dir != "decode" {
				if diff := cmp.Diff(v.wire(t), string(check.encode(v))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func (v vector) checkError(t *testing.T, err error) {
	t.Helper()
	want, known := vectorErrors[v.Error]
	if !known && v.Error != "" {
		t.Fatalf("no error %q", v.Error)
	}
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
	var syntax *SyntaxError
	if err != nil && (!errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(v.wire(t))) {
		t.Errorf("%v is no place in the wire", err)
	}
}

func (v vector) wire(t *testing.T) string {
	t.Helper()
	if v.WireHex == "" {
		return v.Wire
	}
	b, err := hex.DecodeString(v.WireHex)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (v vector) packet() Packet {
	if v.Error != "" {
		return Packet{}
	}
	p := Packet{
		Type: Type('0' + v.Value.Type), WantsData: v.Value.Plus,
		Endpoint: v.Value.Endpoint, Query: v.Value.Query, Data: nonEmpty([]byte(v.Value.Data)),
	}
	switch id := v.Value.ID.(type) {
	case float64:
		p.ID, p.HasID = uint64(id), true
	case string:
		p.ID, _ = strconv.ParseUint(id, 10, 64)
		p.HasID = true
	}
	return p
}

func decodePacket(t *testing.T, v vector) (got, want any, err error) {
	p, err := Parse([]byte(v.wire(t)))
	if v.Value.Array != "" {
		array, err := AppendArray([]byte("before"), p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("before"+v.Value.Array, string(array)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	return p, v.packet(), err
}

func decodeEvent(t *testing.T, v vector) (got, want any, err error) {
	p, err := Parse([]byte(v.wire(t)))
	if err != nil {
		return nil, nil, err
	}
	array, err := AppendArray([]byte("before"), p)
	return string(array), "before", err
}

func decodeArray(t *testing.T, v vector) (got, want any, err error) {
	p, err := Parse([]byte(v.wire(t)))
	if err != nil {
		return nil, nil, err
	}
	array, err := AppendArray(nil, p)
	return string(array), v.Value.Array, err
}

func decodePayload(t *testing.T, v vector) (got, want any, err error) {
	var packets []string
	for rest := []byte(v.wire(t)); rest != nil; {
		var packet []byte
		if packet, rest, err = NextFrame(rest); err != nil {
			break
		}
		packets = append(packets, string(packet))
	}
	return packets, v.Value.Packets, err
}

func encodePayload(v vector) []byte {
	if len(v.Value.Packets) == 1 {
		return []byte(v.Value.Packets[0])
	}
	var body []byte
	for _, p := range v.Value.Packets {
		body = AppendFrame(body, []byte(p))
	}
	return body
}

func decodeForm(t *testing.T, v vector) (got, want any, err error) {
	body, err := ParseJSONPForm([]byte(v.wire(t)))
	return string(body), v.Value.Text, err
}

func encodeHandshake(v vector) []byte {
	return AppendHandshake(nil, Handshake{
		SID:              v.Value.SID,
		HeartbeatTimeout: time.Duration(v.Value.Heartbeat) * time.Second,
		CloseTimeout:     time.Duration(v.Value.Close) * time.Second,
		Transports:       v.Value.Transports,
	})
}
