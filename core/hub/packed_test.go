package hub

import (
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"realtime/core/protocol/packed"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// pack is a packet as a client with the msgpack parser sends it; data is JSON, see args.
func pack(t testing.TB, kind socketio.Type, namespace, data string, id ...uint64) []byte {
	t.Helper()
	p := socketio.Packet{Type: kind, Namespace: namespace}
	if data != "" {
		p.Data = args(t, data)
	}
	if len(id) > 0 {
		p.ID, p.HasID = id[0], true
	}
	return packed.Append(nil, p)
}

// unpack shows what such a client was sent, as the text that other clients would have been.
func unpack(t testing.TB, sent []string) []string {
	t.Helper()
	var shown []string
	for _, s := range sent {
		// A message that is one binary frame is shown as its bytes in hexadecimal, see show.
		b, err := hex.DecodeString(strings.Trim(s, " []"))
		if err != nil {
			t.Fatalf("not one binary message: %s", s)
		}
		p, err := packed.Parse(b, packed.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		text, attachments := []byte(nil), [][]byte(nil)
		if p.Data != nil {
			mp, err := payload.AppendFromNotepack(nil, p.Data, payload.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if text, attachments, err = payload.AppendJSON(nil, mp, nil); err != nil {
				t.Fatal(err)
			}
		}
		p.Data = text
		line := string(socketio.Append(nil, p.WithAttachments(len(attachments))))
		if attachments != nil {
			line += fmt.Sprintf(" %x", attachments)
		}
		shown = append(shown, line)
	}
	return shown
}

// sayPacked has the client send packets, which must all be accepted.
func (p *peer) sayPacked(t testing.TB, packets ...[]byte) {
	t.Helper()
	for _, b := range packets {
		if _, err := p.Receive(b, true); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
	}
}

func TestPacked_a_first_message_that_is_binary_decides(t *testing.T) {
	app := &fakeApp{event: func(s *Socket, e Event) bool {
		if e.WantsAck {
			if err := s.Ack(e.Ack, args(t, `["ok",{"b":"<bin>"}]`)); err != nil {
				t.Error(err)
			}
		}
		return false
	}}
	h := New(Config{}, app)
	p := open(h)
	p.sayPacked(t,
		pack(t, socketio.Connect, "/", `{"token":"x"}`),
		pack(t, socketio.Connect, "/chat", ""),
		pack(t, socketio.Event, "/chat", `["hello",{"deep":["<bin>"]},null]`, 7),
	)
	id := p.socket(t, "/chat").ID()
	equal(t, unpack(t, p.session.take()), []string{
		`0{"sid":"` + p.socket(t, "/").ID() + `"}`,
		`0/chat,{"sid":"` + id + `"}`,
		`61-/chat,7["ok",{"b":{"_placeholder":true,"num":0}}] [010200]`,
	})
	equal(t, app.take(), []string{
		`connect / {"token":"x"}`,
		`connect /chat -`,
		`event /chat hello [{"deep":[{"_placeholder":true,"num":0}]},null] [010200] ack 7`,
	})
	if err := h.Emit(Emit{Select: Select{Namespace: "/chat"}, Event: "news", Args: args(t, `["é",1.5]`)}); err != nil {
		t.Fatal(err)
	}
	p.sayPacked(t, pack(t, socketio.Disconnect, "/chat", ""))
	if _, err := h.Disconnect(Select{}, EndSocket); err != nil {
		t.Fatal(err)
	}
	equal(t, unpack(t, p.session.take()), []string{`2/chat,["news","é",1.5]`, `1`})
}

func TestPacked_undefined_and_dates_are_read(t *testing.T) {
	app := &fakeApp{}
	p := open(New(Config{}, app))
	p.sayPacked(t,
		unhex(t, "83a47479706500a464617461d40000a36e7370a12f"), // data: undefined
		// ["e", 1, undefined, new Date(1700000000123)], options: {compress: true}, id: 0
		unhex(t, "85a47479706502a46461746194a16501d40000d7000000018bcfe5687ba76f7074696f6e7381a8636f6d7072657373c3a2696400a36e7370a12f"),
	)
	equal(t, app.take(), []string{`connect / -`, `event / e [1,null,"2023-11-14T22:13:20.123Z"] ack 0`})
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPacked_the_parser_is_not_changed_later(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	connect := pack(t, socketio.Connect, "/", "")
	packing, texting := open(h), open(h)
	packing.sayPacked(t, connect)
	texting.say(t, "0")
	if _, err := packing.Receive([]byte("0/chat,"), false); !errors.Is(err, packed.ErrText) {
		t.Errorf("text from a client that packs: %v", err)
	}
	if _, err := texting.Receive(pack(t, socketio.Connect, "/chat", ""), true); !errors.Is(err, socketio.ErrBinaryUnexpected) {
		t.Errorf("a packed packet from a client that does not: %v", err)
	}
}

func TestPacked_what_is_no_packet_closes(t *testing.T) {
	for name, message := range map[string][]byte{
		"no MessagePack":           {0xc1},
		"a packet that is cut":     pack(t, socketio.Connect, "/", `{"a":1}`)[:20],
		"an event at first":        pack(t, socketio.Event, "/", `["a"]`),
		"a namespace too long":     pack(t, socketio.Connect, "/"+strings.Repeat("x", 300), ""),
		"auth of an unknown kind":  append(packed.AppendHead(nil, socketio.Packet{Type: socketio.Connect}), 0x81, 0xa1, 'a', 0xd4, 5, 0),
		"a connect error from one": pack(t, socketio.ConnectError, "/", `{}`),
	} {
		t.Run(name, func(t *testing.T) {
			app := &fakeApp{}
			p := open(New(Config{}, app))
			if _, err := p.Receive(message, true); err == nil {
				t.Error("accepted")
			}
			equal(t, app.take(), nil)
		})
	}
}

func TestPacked_refusals(t *testing.T) {
	for _, c := range []struct {
		name, message, data, want string
	}{
		{"a message", "no", "", `4{"message":"no"}`},
		{"a message that is not UTF-8", "n\xff", "", `4{"message":"n�"}`},
		{"data", "no", `{"code":1}`, `4{"message":"no","data":{"code":1}}`},
		{"binary data, which other clients cannot be told", "no", `["<bin>"]`, `4{"message":"no","data":[{"_placeholder":true,"num":0}]} [010200]`},
		{"data that is too large", "no", `"` + strings.Repeat("x", 500) + `"`, `4{"message":"no"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := &fakeApp{connect: func(s *Socket) {
				var data []byte
				if c.data != "" {
					data = args(t, c.data)
				}
				s.Refuse(c.message, data)
			}}
			p := open(New(Config{MaxPayload: 400}, app))
			p.sayPacked(t, pack(t, socketio.Connect, "/", ""))
			equal(t, unpack(t, p.session.take()), []string{c.want})
		})
	}
}

func TestPacked_recovery(t *testing.T) {
	h := recovering(&fakeApp{})
	p := open(h)
	p.sayPacked(t, pack(t, socketio.Connect, "/", ""))
	g := guest{p, "", ""}
	pid := p.socket(t, "/").pid()
	equal(t, unpack(t, p.session.take()), []string{`0{"sid":"` + p.socket(t, "/").ID() + `","pid":"` + pid + `"}`})
	h.say(t, Select{}, "received")
	equal(t, unpack(t, p.session.take()), []string{`2["received","1"]`})
	g.drop()
	h.say(t, Select{}, "away")

	other := open(h)
	other.say(t, `0{"pid":"`+pid+`","offset":"1"}`)
	if s := other.socket(t, "/"); s.Recovered() {
		t.Error("a client with another parser has taken over what it cannot read")
	}
	other.session.take()

	again := open(h)
	again.sayPacked(t, pack(t, socketio.Connect, "/", `{"pid":"`+pid+`","offset":"1"}`))
	s := again.socket(t, "/")
	if !s.Recovered() || s.pid() != pid {
		t.Errorf("recovered %v, pid %s", s.Recovered(), s.pid())
	}
	equal(t, unpack(t, again.session.take()), []string{
		`2["away","2"]`, `0{"sid":"` + s.ID() + `","pid":"` + pid + `"}`,
	})
}

// TestEncodings_are_one_for_each_form shows what a broadcast to a mixed room costs.
func TestEncodings_are_one_for_each_form(t *testing.T) {
	h := New(Config{}, quiet{rooms: []string{"room"}})
	crowd(t, h, 50)
	for range 50 {
		c := h.open(new(sink))
		if _, err := c.Receive(pack(t, socketio.Connect, "/", ""), true); err != nil {
			t.Fatal(err)
		}
	}
	counts := func() map[string]int64 {
		m := make(map[string]int64)
		for _, e := range h.Encodings() {
			if e.Count > 0 {
				m[e.Form] = e.Count
			}
		}
		return m
	}
	if err := h.Emit(Emit{Select: to("nobody"), Event: "a"}); err != nil {
		t.Fatal(err)
	}
	if got := counts(); len(got) != 0 {
		t.Errorf("for nobody: %v", got)
	}
	if err := h.Emit(Emit{Select: to("room"), Event: "a"}); err != nil {
		t.Fatal(err)
	}
	if got, want := counts(), map[string]int64{"eio4": 1, "eio4_msgpack": 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("for a hundred clients with two parsers: %v, want %v", got, want)
	}
}

func BenchmarkEventPacked(b *testing.B) {
	h := New(Config{}, answering{})
	c := h.open(new(sink))
	if _, err := c.Receive(pack(b, socketio.Connect, "/", ""), true); err != nil {
		b.Fatal(err)
	}
	event := pack(b, socketio.Event, "/", `["news",{"id":1,"text":"hello, world"}]`, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Receive(event, true); err != nil {
			b.Fatal(err)
		}
	}
}
