package engineio

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func TestParsePacket3_aliases_its_input(t *testing.T) {
	for _, wire := range []string{"4hello", "\x04hello"} {
		b := []byte(wire)
		p, err := ParsePacket3(b, b[0] == binaryMessage3)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] = '!'
		if p.Data[len(p.Data)-1] != '!' {
			t.Errorf("%q: Data is a copy", wire)
		}
	}
}

func TestRevision3_says_where_and_what(t *testing.T) {
	text := func(b []byte) error { _, err := ParsePacket3(b, false); return err }
	payload := func(b []byte) error { _, err := collect3(b, NextPacket3); return err }
	inBytes := func(b []byte) error { _, err := collect3(b, NextBinaryPacket3); return err }
	for _, tt := range []struct {
		name   string
		read   func([]byte) error
		wire   string
		offset int
		err    error
	}{
		{"a wrong character in base64", text, "b4AQ!D", 4, ErrBase64},
		{"the digit behind the mark", text, "b2AQID", 1, ErrType},
		{"a wrong character in a length", payload, "1x:4", 1, ErrLength},
		{"a length beyond the body", payload, "9:4a", 0, ErrLength},
		{"a packet that is cut", payload, "4:4a", 2, ErrLength},
		{"the second packet's length", payload, "2:4ax", 4, ErrLength},
		{"the second packet's digit", payload, "2:4a2:7b", 6, ErrType},
		{"the second packet's base64", payload, "2:4a6:b4AQ!D", 10, ErrBase64},
		{"a kind that is none", inBytes, "\x00\x02\xff4a\x02", 5, ErrType},
		{"a digit that is none", inBytes, "\x00\x02\x0a\xff4a", 2, ErrLength},
		{"a packet of bytes that is cut", inBytes, "\x01\x05\xff\x04a", 3, ErrLength},
	} {
		t.Run(tt.name, func(t *testing.T) { checkSyntax(t, tt.read([]byte(tt.wire)), tt.offset, tt.err) })
	}
}

func TestNextPacket3_stops_between_packets(t *testing.T) {
	p, rest, err := NextPacket3([]byte("2:4a6:b4AQID0:"))
	if string(p.Data) != "a" || string(rest) != "6:b4AQID0:" || err != nil {
		t.Fatalf("got %q, rest %q, %v", p.Data, rest, err)
	}
	p, rest, err = NextPacket3(rest)
	if string(p.Data) != "\x01\x02\x03" || !p.Binary || string(rest) != "0:" || err != nil {
		t.Fatalf("got %q, rest %q, %v", p.Data, rest, err)
	}
	if p, rest, err = NextPacket3(rest); p.Type != Noop || rest != nil || err != nil {
		t.Fatalf("got %v, rest %q, %v", p.Type, rest, err)
	}
}

func TestNextPacket3_cannot_be_appended_into_its_neighbour(t *testing.T) {
	for wire, next := range map[string]next3{"2:4a2:4b": NextPacket3, "\x00\x02\xff4a\x00\x02\xff4b": NextBinaryPacket3} {
		body := []byte(wire)
		p, _, err := next(body)
		if err != nil {
			t.Fatal(err)
		}
		_ = append(p.Data, 'X')
		if string(body) != wire {
			t.Errorf("the body became %q", body)
		}
	}
}

// Where a packet ends depends on how many units each character before it has.
func TestPayload3_counts_as_JavaScript_does(t *testing.T) {
	for _, text := range []string{"", "a", "é", "€", "😀", "\u2028", "a😀é€😀", strings.Repeat("👩‍🚀", 50), "\ufffd", "\x7f\u0080"} {
		units := len(utf16.Encode([]rune(text)))
		if got := utf16Length([]byte(text)); got != units {
			t.Errorf("%q has %d units, want %d", text, got, units)
		}
		body := AppendPayloadPacket3(nil, Packet{Type: Message, Data: []byte(text)})
		body = AppendPayloadPacket3(body, Packet{Type: Ping, Data: []byte("probe")})
		got, err := collect3(body, NextPacket3)
		want := []Packet{{Type: Message, Data: []byte(text)}, {Type: Ping, Data: []byte("probe")}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", body, err, diff)
		}
	}
}

func TestText3_is_decided_by_what_only_one_can_send(t *testing.T) {
	for _, tt := range []struct {
		name  string
		texts []string // as they come
		want  []string
		last  Text3
	}{
		{"ASCII shows nothing", []string{"a", `\u00e9`}, []string{"a", `\u00e9`}, Text3Unknown},
		{"a text of 1.x", []string{"Ã©", "a", "â\u0082¬"}, []string{"é", "a", "€"}, Text3Twice},
		{"a text of 2.x", []string{"é", "Ã©"}, []string{"é", "Ã©"}, Text3Once},
		{"a character beyond U+00FF", []string{"Ã©€", "Ã©"}, []string{"Ã©€", "Ã©"}, Text3Once},
		{"a guess that was wrong", []string{"Ã©", "é", "Ã©"}, []string{"é", "é", "Ã©"}, Text3Once},
		{"half a pair from 1.x", []string{"í\u00a0½Ã©"}, []string{"\xed\xa0\xbdé"}, Text3Twice},
		{"half a pair that is cut", []string{"í\u00a0"}, []string{"í\u00a0"}, Text3Once},
		{"bytes that are not UTF-8 prove nothing", []string{"\xe9", "Ã©"}, []string{"\xe9", "é"}, Text3Twice},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var text Text3
			for i, s := range tt.texts {
				if got := text.Decode([]byte(s)); string(got) != tt.want[i] {
					t.Errorf("%q is %q, want %q", s, got, tt.want[i])
				}
			}
			if text != tt.last {
				t.Errorf("shown %d, want %d", text, tt.last)
			}
		})
	}
}

func TestText3_leaves_its_input_alone(t *testing.T) {
	in := []byte("aÃ©")
	want := bytes.Clone(in)
	var text Text3
	text.Decode(in)
	text.Encode(in)
	if !bytes.Equal(in, want) {
		t.Errorf("the input became %q", in)
	}
}
