package engineio

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePacket_aliases_its_input(t *testing.T) {
	for _, binary := range []bool{false, true} {
		b := []byte("4hello")
		p, err := ParsePacket(b, binary)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] = '!'
		if p.Data[len(p.Data)-1] != '!' {
			t.Errorf("binary %v: Data is a copy", binary)
		}
	}
}

func TestParsePacket_base64_forms(t *testing.T) {
	data := bytes.Repeat([]byte{0xfb, 0xff, 0x00}, 60)[:178] // "+", "/" and padding in its base64
	padded := AppendPayloadPacket(nil, Packet{Type: Message, Data: data, Binary: true})
	wrapped := func(end string) []byte {
		var b []byte
		for i, c := range padded {
			if i > 0 && (i-1)%76 == 0 && i > 1 {
				b = append(b, end...)
			}
			b = append(b, c)
		}
		return append(b, end...)
	}
	tests := map[string][]byte{
		"padded":                         padded,
		"without padding":                bytes.TrimRight(padded, "="),
		"line feeds":                     wrapped("\n"),
		"carriage returns":               wrapped("\r\n"),
		"line feeds without padding":     bytes.ReplaceAll(wrapped("\n"), []byte("="), nil),
		"a line feed before the padding": append(bytes.TrimRight(padded, "="), "\n=="...),
	}
	want := Packet{Type: Message, Data: data, Binary: true}
	for name, wire := range tests {
		got, err := ParsePacket(wire, false)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestParsePacket_says_where_and_what(t *testing.T) {
	tests := []struct {
		name   string
		wire   string
		offset int
		err    error
	}{
		{"empty", "", 0, ErrEmpty},
		{"digit above", "7", 0, ErrType},
		{"character below", "/x", 0, ErrType},
		{"letter", "abc", 0, ErrType},
		{"capital B", "BAQID", 0, ErrType},
		{"separator", "\x1e", 0, ErrType},
		{"byte order mark", "\ufeff4x", 0, ErrType},
		{"base64 with a wrong character", "bAQ!D", 3, ErrBase64},
		{"base64 of the other alphabet", "b-_-_", 1, ErrBase64},
		{"base64 of one character", "bA", 1, ErrBase64},
		{"padding inside", "bAQ==AQ==", 3, ErrBase64},
		{"revision 3 base64", "b4", 1, ErrBase64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParsePacket([]byte(tt.wire), false)
			checkSyntax(t, err, tt.offset, tt.err)
		})
	}
}

func checkSyntax(t *testing.T, err error, offset int, want error) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset != offset || !errors.Is(err, want) {
		t.Errorf("got %v, want %v at byte %d", err, want, offset)
	}
}

func TestPacketType_names(t *testing.T) {
	got := fmt.Sprint(Open, Close, Ping, Pong, Message, Upgrade, Noop, PacketType('x'))
	if want := "open close ping pong message upgrade noop type 'x'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
