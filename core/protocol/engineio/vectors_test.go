package engineio

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// vector is one entry of the shared file; conformance/README.md describes it.
type vector struct {
	Name    string
	Dir     string
	Wire    string
	WireHex string `json:"wire_hex"`
	Error   string
	Value   vectorValue
}

type vectorValue struct {
	Form    string // text, binary, payload, handshake
	Packets []struct {
		Type, Text string
		Hex        *string // given: the packet is binary
	}

	SID          string
	Upgrades     []string
	PingInterval int64
	PingTimeout  int64
	MaxPayload   int
}

var vectorErrors = map[string]error{"": nil, "empty": ErrEmpty, "type": ErrType, "base64": ErrBase64}

func TestVectors(t *testing.T) {
	file, err := os.ReadFile("../../../conformance/vectors/engineio-4.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			if v.Dir != "encode" {
				v.checkDecode(t)
			}
			if v.Dir != "decode" {
				v.checkEncode(t)
			}
		})
	}
}

func (v vector) checkDecode(t *testing.T) {
	wantErr, known := vectorErrors[v.Error]
	if !known {
		t.Fatalf("no error %q", v.Error)
	}
	var got []Packet
	var err error
	if v.Value.Form == "payload" {
		got, err = collect(string(v.wire(t)), Limits{})
	} else {
		var p Packet
		if p, err = ParsePacket(v.wire(t), v.Value.Form == "binary"); err == nil {
			got = append(got, p)
		}
	}
	if diff := cmp.Diff(v.packets(t), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !errors.Is(err, wantErr) {
		t.Errorf("got error %v, want %v", err, wantErr)
	}
}

func (v vector) checkEncode(t *testing.T) {
	var got []byte
	switch v.Value.Form {
	case "handshake":
		got = AppendHandshake(nil, Handshake{
			SID: v.Value.SID, Upgrades: v.Value.Upgrades, MaxPayload: v.Value.MaxPayload,
			PingInterval: time.Duration(v.Value.PingInterval) * time.Millisecond,
			PingTimeout:  time.Duration(v.Value.PingTimeout) * time.Millisecond,
		})
	case "payload":
		for _, p := range v.packets(t) {
			got = AppendPayloadPacket(got, p)
		}
	default:
		for _, p := range v.packets(t) {
			got = AppendPacket(got, p)
		}
	}
	if diff := cmp.Diff(string(v.wire(t)), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (v vector) wire(t *testing.T) []byte {
	if v.WireHex != "" {
		return unhex(t, v.WireHex)
	}
	return []byte(v.Wire)
}

func (v vector) packets(t *testing.T) (packets []Packet) {
	types := map[string]PacketType{}
	for pt := Open; pt <= Noop; pt++ {
		types[pt.String()] = pt
	}
	for _, p := range v.Value.Packets {
		pt, known := types[p.Type]
		if !known {
			t.Fatalf("no packet type %q", p.Type)
		}
		packet := Packet{Type: pt, Data: []byte(p.Text)}
		if p.Hex != nil {
			packet.Data, packet.Binary = unhex(t, *p.Hex), true
		}
		packets = append(packets, packet)
	}
	return packets
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
