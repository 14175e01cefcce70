package socketio1

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"realtime/core/protocol/engineio"
)

func TestParse_limits(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"the longest endpoint", "1::/" + strings.Repeat("n", MaxEndpoint-1), nil},
		{"an endpoint too long", "1::/" + strings.Repeat("n", MaxEndpoint), ErrEndpoint},
		{"an endpoint that is not UTF-8", "1::/\xff", ErrEndpoint},
		{"as many digits as 2^64 has", "3:00000000000000000001::x", nil},
		{"more digits", "3:000000000000000000001::x", ErrID},
		{"an ack of more digits", "6:::000000000000000000001", ErrAck},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse([]byte(c.text)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestParseMessage(t *testing.T) {
	for _, c := range []struct {
		text string
		want engineio.PacketType
	}{
		{"", engineio.Noop},
		{"0::", engineio.Close},
		{"0:1:", engineio.Close},
		{"0::/chat", engineio.Message},
		{"0::/chat:", engineio.Message},
		{"1::", engineio.Message},
		{"2::", engineio.Pong},
		{"3:::x", engineio.Message},
		{"8::", engineio.Noop},
	} {
		p, err := ParseMessage([]byte(c.text), false)
		if err != nil || p.Type != c.want || p.Type == engineio.Message && string(p.Data) != c.text {
			t.Errorf("%q: got %v %q, %v, want %v", c.text, p.Type, p.Data, err, c.want)
		}
		if _, err := ParseMessage([]byte(c.text), true); (err != nil) != (c.text != "") {
			t.Errorf("%q as a binary message: %v", c.text, err)
		}
	}
	if _, err := ParseMessage([]byte("9::"), false); !errors.Is(err, ErrType) {
		t.Errorf("got %v", err)
	}
}

func TestNextMessage_finds_what_is_wrong_in_a_frame_and_in_its_packet(t *testing.T) {
	for body, want := range map[string]error{"x": ErrType, "\ufffd9\ufffd2::": ErrLength, "2::": nil} {
		if _, _, err := NextMessage([]byte(body)); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", body, err, want)
		}
	}
}

func TestAppendArray_refuses_what_brings_nothing(t *testing.T) {
	for _, of := range []Type{Disconnect, Connect, Heartbeat, Error, Noop} {
		if _, err := AppendArray(nil, Packet{Type: of}); !errors.Is(err, ErrType) {
			t.Errorf("%v: %v", of, err)
		}
	}
}

func TestAppendError(t *testing.T) {
	for want, got := range map[string][]byte{
		"7::/chat:2": AppendError(nil, "/chat", Unauthorized, AdviseNothing),
		"7:::1+0":    AppendError(nil, "", NotHandshaken, AdviseReconnect),
	} {
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestParsePath(t *testing.T) {
	for rest, want := range map[string]*Path{
		"/1/":                                   {Version: "1"},
		"1/":                                    {Version: "1"},
		"/1":                                    {Version: "1"},
		"/2/":                                   {Version: "2"},
		"/1/websocket/abc":                      {Version: "1", Transport: "websocket", SID: "abc"},
		"/1/xhr-polling/abc/":                   {Version: "1", Transport: "xhr-polling", SID: "abc"},
		"/1//abc/":                              {Version: "1", SID: "abc"},
		"/1/websocket":                          nil,
		"/2/socket.io.js":                       nil,
		"":                                      nil,
		"/":                                     nil,
		"/socket.io.js":                         nil,
		"/1.0/":                                 nil,
		"/-1/":                                  nil,
		"/99999999999/":                         nil,
		"/1/websocket/abc/def":                  nil,
		"/1/websocket/abc//":                    nil,
		"/static/flashsocket/WebSocketMain.swf": nil,
	} {
		got, ok := ParsePath([]byte(rest))
		if ok != (want != nil) {
			t.Errorf("%q: %+v, %v", rest, got, ok)
			continue
		}
		if ok && got != *want {
			t.Errorf("%q: got %+v, want %+v", rest, got, *want)
		}
	}
}

func TestJSONPIndex(t *testing.T) {
	for parameter, want := range map[string]string{"0": "0", "17": "17", "007": "007", "999999999": "999999999"} {
		if got, ok := JSONPIndex([]byte(parameter)); !ok || got != want {
			t.Errorf("%q: %q, %v", parameter, got, ok)
		}
	}
	for _, parameter := range []string{"", "a", "1a", "-1", "1];alert(1", "1000000000", "１"} {
		if got, ok := JSONPIndex([]byte(parameter)); ok || got != "0" {
			t.Errorf("%q: %q, %v", parameter, got, ok)
		}
	}
}

func TestAppendHTMLFileHead_is_as_long_as_the_browser_wants(t *testing.T) {
	head := string(AppendHTMLFileHead(nil))
	if len(head) < 256 || !strings.HasPrefix(head, "<html><body><script>") || strings.Trim(head[len(htmlFileHead):], " ") != "" {
		t.Errorf("%q", head)
	}
}

func TestAppendFlashPolicy_lets_nobody_in_without_grants(t *testing.T) {
	policy := string(AppendFlashPolicy(nil, nil))
	if strings.Contains(policy, "allow-access-from") || !strings.Contains(policy, `permitted-cross-domain-policies="none"`) {
		t.Error(policy)
	}
}

var hotPath = map[string]Packet{
	"event":   {Type: Event, ID: 7, HasID: true, WantsData: true, Data: []byte(`{"name":"order","args":[{"id":421337}]}`)},
	"message": {Type: Message, Data: []byte("a usual text of a usual size")},
	"ack":     {Type: Ack, ID: 7, HasID: true, Data: []byte(`["ok"]`)},
}

// The ceilings of the hot path: in the main namespace nothing is copied.
func TestAllocations(t *testing.T) {
	dst := make([]byte, 0, 1024)
	for name, p := range hotPath {
		text := Append(nil, p)
		var parsed Packet
		var err error
		for what, run := range map[string]func(){
			"parse":  func() { parsed, err = Parse(text) },
			"array":  func() { _, err = AppendArray(dst, p) },
			"append": func() { Append(dst, p) },
			"frame":  func() { _, _, err = NextFrame(text) },
		} {
			if got := testing.AllocsPerRun(100, run); got > 0 || err != nil {
				t.Errorf("%s %s: %.0f allocations, %v", what, name, got, err)
			}
		}
		if diff := cmp.Diff(p, parsed); diff != "" {
			t.Error(diff)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for name, p := range hotPath {
		b.Run(name, func(b *testing.B) {
			text, dst := Append(nil, p), make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				p, err := Parse(text)
				if err == nil {
					_, err = AppendArray(dst, p)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFromArray(b *testing.B) {
	for _, array := range []string{`["order",{"id":421337,"status":"paid"}]`, `["message","a usual text"]`} {
		b.Run(array[2:7], func(b *testing.B) {
			dst := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				Append(dst, FromArray([]byte(array)))
			}
		})
	}
}
