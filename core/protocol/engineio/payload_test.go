package engineio

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func collect(body string, lim Limits) (packets []Packet, err error) {
	err = ParsePayload([]byte(body), lim, func(p Packet) error {
		packets = append(packets, p)
		return nil
	})
	return packets, err
}

func TestParsePayload_yields_what_stands_before_a_fault(t *testing.T) {
	tests := []struct {
		name   string
		body   string
		before int
		offset int
		err    error
	}{
		{"empty body", "", 0, 0, ErrEmpty},
		{"garbage", "abc", 0, 0, ErrType},
		{"garbage second", "4a\x1eabc\x1e4b", 1, 3, ErrType},
		{"separator first", "\x1e4a", 0, 0, ErrEmpty},
		{"separator last", "4a\x1e", 1, 3, ErrEmpty},
		{"two separators", "4a\x1e\x1e4b", 1, 3, ErrEmpty},
		{"base64 third", "4a\x1e2\x1ebAQ!D", 2, 8, ErrBase64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packets, err := collect(tt.body, Limits{})
			if len(packets) != tt.before {
				t.Errorf("%d packets yielded, want %d", len(packets), tt.before)
			}
			checkSyntax(t, err, tt.offset, tt.err)
		})
	}
}

func TestParsePayload_limits(t *testing.T) {
	body := "4a\x1e4b\x1e4c" // 8 bytes, 3 packets
	tests := []struct {
		name  string
		lim   Limits
		count int
		err   error
	}{
		{"none", Limits{}, 3, nil},
		{"just enough", Limits{Bytes: 8, Packets: 3}, 3, nil},
		{"one byte too many", Limits{Bytes: 7}, 0, ErrTooLarge},
		{"one packet too many", Limits{Packets: 2}, 2, ErrTooMany},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packets, err := collect(body, tt.lim)
			if len(packets) != tt.count || !errors.Is(err, tt.err) {
				t.Errorf("got %d packets and %v, want %d and %v", len(packets), err, tt.count, tt.err)
			}
		})
	}
}

func TestParsePayload_stops_when_yield_says_so(t *testing.T) {
	enough := errors.New("enough")
	calls := 0
	err := ParsePayload([]byte("4a\x1e4b"), Limits{}, func(Packet) error { calls++; return enough })
	if calls != 1 || err != enough {
		t.Errorf("%d calls, error %v", calls, err)
	}
}

func TestNextPacket_stops_between_packets(t *testing.T) {
	p, rest, err := NextPacket([]byte("4a\x1ebAQID\x1e"))
	if string(p.Data) != "a" || string(rest) != "bAQID\x1e" || err != nil {
		t.Fatalf("got %q, rest %q, %v", p.Data, rest, err)
	}
	p, rest, err = NextPacket(rest)
	if string(p.Data) != "\x01\x02\x03" || !p.Binary || rest == nil || len(rest) != 0 || err != nil {
		t.Fatalf("got %q, rest %q, %v", p.Data, rest, err)
	}
	_, _, err = NextPacket(rest)
	checkSyntax(t, err, 0, ErrEmpty)

	if _, rest, err = NextPacket([]byte("2")); rest != nil || err != nil {
		t.Fatalf("rest %q behind the last packet, %v", rest, err)
	}
}

func TestNextPacket_cannot_be_appended_into_its_neighbour(t *testing.T) {
	body := []byte("4a\x1e4b")
	p, _, _ := NextPacket(body)
	_ = append(p.Data, 'X')
	if string(body) != "4a\x1e4b" {
		t.Errorf("the body became %q", body)
	}
}

func TestAppendPayloadPacket_is_read_back(t *testing.T) {
	want := []Packet{
		{Type: Message, Data: []byte("")},
		{Type: Message, Data: []byte(strings.Repeat("€", 100))},
		{Type: Message, Data: []byte{}, Binary: true},
		{Type: Message, Data: []byte{0, 0x1e, 0xff}, Binary: true},
		{Type: Ping, Data: []byte("probe")},
		{Type: Close, Data: []byte{}},
	}
	var body []byte
	for _, p := range want {
		body = AppendPayloadPacket(body, p)
	}
	got, err := collect(string(body), Limits{Bytes: len(body), Packets: len(want)})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
