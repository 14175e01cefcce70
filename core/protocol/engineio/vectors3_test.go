package engineio

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// vector3 is one entry of the file of revision 3; conformance/README.md describes it.
type vector3 struct {
	Name    string
	Dir     string
	Wire    string
	WireHex string `json:"wire_hex"`
	Error   string
	Value   struct {
		Form    string // text, binary, base64, payload, binary-payload, handshake
		Text3   string // what the session has shown after a payload
		Packets []struct {
			Type, Text string
			TextHex    string `json:"text_hex"`
			Hex        *string
		}

		SID          string
		Upgrades     []string
		PingInterval int64
		PingTimeout  int64
		MaxPayload   int
	}
}

var (
	vectorErrors3 = map[string]error{"": nil, "empty": ErrEmpty, "type": ErrType, "base64": ErrBase64, "length": ErrLength}
	vectorTexts3  = map[string]Text3{"": Text3Unknown, "unknown": Text3Unknown, "once": Text3Once, "twice": Text3Twice}
)

func TestVectors3(t *testing.T) {
	file, err := os.ReadFile("../../../conformance/vectors/engineio-3.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector3
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

func (v vector3) checkDecode(t *testing.T) {
	wantErr, known := vectorErrors3[v.Error]
	if !known {
		t.Fatalf("no error %q", v.Error)
	}
	var got []Packet
	var err error
	switch v.Value.Form {
	case "payload":
		got, err = collect3(v.wire(t), NextPacket3)
		var text Text3
		for i := range got {
			if !got[i].Binary {
				got[i].Data = text.Decode(got[i].Data)
			}
		}
		if text != vectorTexts3[v.Value.Text3] {
			t.Errorf("the session has shown %d, want %q", text, v.Value.Text3)
		}
	case "binary-payload":
		got, err = collect3(v.wire(t), NextBinaryPacket3)
	case "text", "base64", "binary":
		var p Packet
		if p, err = ParsePacket3(v.wire(t), v.Value.Form == "binary"); err == nil {
			got = append(got, p)
		}
	default:
		t.Fatalf("no form %q", v.Value.Form)
	}
	if diff := cmp.Diff(v.packets(t), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !errors.Is(err, wantErr) {
		t.Errorf("got error %v, want %v", err, wantErr)
	}
}

func (v vector3) checkEncode(t *testing.T) {
	text, known := vectorTexts3[v.Value.Text3]
	if !known {
		t.Fatalf("no text %q", v.Value.Text3)
	}
	var got []byte
	for _, p := range v.packets(t) {
		switch v.Value.Form {
		case "payload":
			if !p.Binary {
				p.Data = text.Encode(p.Data)
			}
			got = AppendPayloadPacket3(got, p)
		case "binary-payload":
			got = AppendBinaryPayloadPacket3(got, p)
		case "base64":
			got = AppendTextPacket3(got, p)
		default:
			got = AppendPacket3(got, p)
		}
	}
	if v.Value.Form == "handshake" {
		open := AppendHandshake(nil, Handshake{
			SID: v.Value.SID, Upgrades: v.Value.Upgrades, MaxPayload: v.Value.MaxPayload,
			PingInterval: time.Duration(v.Value.PingInterval) * time.Millisecond,
			PingTimeout:  time.Duration(v.Value.PingTimeout) * time.Millisecond,
		})
		got = AppendPayloadPacket3(nil, Packet{Type: Open, Data: open[1:]})
	}
	if diff := cmp.Diff(string(v.wire(t)), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (v vector3) wire(t *testing.T) []byte {
	if v.WireHex != "" {
		return unhex(t, v.WireHex)
	}
	return []byte(v.Wire)
}

func (v vector3) packets(t *testing.T) (packets []Packet) {
	for _, p := range v.Value.Packets {
		packet := Packet{Type: typeNamed(t, p.Type), Data: []byte(p.Text)}
		if p.TextHex != "" {
			packet.Data = unhex(t, p.TextHex)
		}
		if p.Hex != nil {
			packet.Data, packet.Binary = unhex(t, *p.Hex), true
		}
		packets = append(packets, packet)
	}
	return packets
}

func typeNamed(t *testing.T, name string) PacketType {
	t.Helper()
	for pt := Open; pt <= Noop; pt++ {
		if pt.String() == name {
			return pt
		}
	}
	t.Fatalf("no packet type %q", name)
	return 0
}

// next3 is NextPacket3 or NextBinaryPacket3.
type next3 func(body []byte) (p Packet, rest []byte, err error)

// collect3 reads a whole body, up to the first fault, whose offset is within the body.
func collect3(body []byte, next next3) (packets []Packet, err error) {
	for rest := body; ; {
		var p Packet
		at := len(body) - len(rest)
		if p, rest, err = next(rest); err != nil {
			var syntax *SyntaxError
			if errors.As(err, &syntax) {
				syntax.Offset += at
			}
			return packets, err
		}
		packets = append(packets, p)
		if rest == nil {
			return packets, nil
		}
	}
}
