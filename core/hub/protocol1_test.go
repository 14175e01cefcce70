package hub

import (
	"testing"

	"realtime/core/engine"
)

// open1 opens a session of a client of the first protocol, whose handshake has the given query.
func open1(h *Hub, query ...engine.Field) *peer {
	s := &fakeSession{
		dialect:   engine.V09,
		handshake: engine.Handshake{Address: "192.0.2.1", Query: append(fields("t", "1", "jsonp", "0"), query...)},
		show:      func(m *engine.Message) string { return string(m.Text()) },
	}
	return &peer{client: h.open(s), session: s}
}

func TestProtocol1_is_in_the_main_namespace_unasked(t *testing.T) {
	app := &fakeApp{}
	p := open1(New(Config{}, app), fields("token", "é")...)
	equal(t, p.session.take(), []string{"1::"})
	equal(t, app.take(), []string{`connect / {"token":"é"}`})
	if s := p.socket(t, "/"); s.ID() == secretID || s.Dialect().String() != "V09" {
		t.Errorf("id %q, dialect %v", s.ID(), s.Dialect())
	}
}

func TestProtocol1_what_a_client_says(t *testing.T) {
	for _, c := range []struct {
		said         string
		heard, owing []string
	}{
		{`5:::{"name":"x"}`, []string{`event / x []`}, nil},
		{`5:::{"args":[1,{"é":[null]}],"name":"x"}`, []string{`event / x [1,{"é":[null]}]`}, nil},
		{`5:7+::{"name":"x","args":["a"]}`, []string{`event / x ["a"] ack 7`}, nil},
		{`5:7::{"name":"x"}`, []string{`event / x []`}, []string{"6:::7"}},
		{"3:::é 漢字", []string{`event / message ["é 漢字"]`}, nil},
		{"3::", []string{`event / message [""]`}, nil},
		{`3:8+::"quoted"`, []string{`event / message ["\"quoted\""] ack 8`}, nil},
		{`3:9::hi`, []string{`event / message ["hi"]`}, []string{"6:::9"}},
		{`4:::{"a":1}`, []string{`event / message [{"a":1}]`}, nil},
		{`4:1::null`, []string{`event / message [null]`}, []string{"6:::1"}},
		{`1::`, nil, nil},
		{`0::/nowhere`, nil, nil},
		{`5::/nowhere:{"name":"x"}`, nil, nil},
		{`6:::99+["nobody waits"]`, nil, nil},
		{`7:::0`, nil, nil},
		{`5:::{"name":"disconnect"}`, nil, nil},
		{`5:::{"name":"newListener","args":[1]}`, nil, nil},
		{`1::chat`, nil, []string{"7::chat:2"}},
		{`5::chat:{"name":"x"}`, nil, nil},
	} {
		t.Run(c.said, func(t *testing.T) {
			app := &fakeApp{}
			p := open1(New(Config{}, app))
			app.take()
			p.session.take()
			p.say(t, c.said)
			equal(t, app.take(), c.heard)
			equal(t, p.session.take(), c.owing)
		})
	}
}

func TestProtocol1_what_no_client_says(t *testing.T) {
	for _, said := range []string{"what?", "5:::[]", `5:::{"name":1}`, `4:::{"a":}`, `5:::{"name":"x","args":[1}`, "6:::x"} {
		p := open1(New(Config{}, &fakeApp{}))
		if _, err := p.Receive([]byte(said), false); err == nil {
			t.Errorf("%s was taken", said)
		}
	}
}

func TestProtocol1_what_a_client_is_told(t *testing.T) {
	for _, c := range []struct{ event, args, want string }{
		{"x", `[]`, `5:::{"name":"x"}`},
		{"ключ", `["é 漢字 👩‍🚀",{"a":[1,null]}]`, `5:::{"name":"ключ","args":["é 漢字 👩‍🚀",{"a":[1,null]}]}`},
		{"message", `["text \" é"]`, `3:::text " é`},
		{"message", `[""]`, `3::`},
		{"message", `[{"a":[1]}]`, `4:::{"a":[1]}`},
		{"message", `[]`, `5:::{"name":"message"}`},
		{"message", `["a","b"]`, `5:::{"name":"message","args":["a","b"]}`},
		{"x", `["<bin>",{"deep":["<bin>"]},"beside"]`, `5:::{"name":"x","args":["AQIA",{"deep":["AQIB"]},"beside"]}`},
		{"message", `["<bin>"]`, `3:::AQIA`},
	} {
		h := New(Config{}, &fakeApp{})
		p := open1(h)
		p.session.take()
		if err := h.Emit(Emit{Event: c.event, Args: args(t, c.args)}); err != nil {
			t.Fatal(err)
		}
		equal(t, p.session.take(), []string{c.want})
	}
}

func TestProtocol1_acks(t *testing.T) {
	app := &fakeApp{}
	app.event = func(s *Socket, e Event) bool {
		if err := s.Ack(e.Ack, e.Args); err != nil {
			t.Error(err)
		}
		return false
	}
	p := open1(New(Config{}, app))
	p.say(t, "1::/chat")
	p.session.take()
	p.say(t, `5:1+::{"name":"x"}`, `5:2+::{"name":"x","args":["€",{"a":1}]}`, `5:3+:/chat:{"name":"x","args":[[]]}`, `3:4+:/chat:hi`)
	equal(t, p.session.take(), []string{"6:::1", `6:::2+["€",{"a":1}]`, "6::/chat:3+[[]]", `6::/chat:4+["hi"]`})
	app.event = func(s *Socket, e Event) bool { _ = s.Ack(e.Ack, args(t, `["<bin>"]`)); return false }
	p.say(t, `5:5+::{"name":"x"}`)
	equal(t, p.session.take(), []string{`6:::5+["AQIA"]`})
}

func TestProtocol1_calls(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p := open1(h)
	p.session.take()
	results := ask(t, h, to(p.socket(t, "/").ID()))
	equal(t, p.session.take(), []string{`5:0+::{"name":"q"}`})
	p.say(t, `6:::7+["of another call"]`, `6:::0+["because",{"é":1}]`)
	r := result(results)
	if r == nil || len(r.Acks) != 1 || toJSON(r.Acks[0].Args) != `["because",{"é":1}]` {
		t.Errorf("got %v", r)
	}
}

func TestProtocol1_namespaces(t *testing.T) {
	app := &fakeApp{}
	app.connect = func(s *Socket) {
		if s.Namespace() == "/no" {
			s.Refuse("not you", args(t, `{"code":1}`))
			return
		}
		s.Accept(Grant{})
	}
	p := open1(New(Config{}, app))
	p.session.take()
	app.take()
	p.say(t, "1::/chat?x=y", "1::/chat", "1::/room:?a=b&a=c", "1::/no", `5::/chat:{"name":"x"}`, "0::/chat", `5::/chat:{"name":"late"}`, "1::/chat")
	equal(t, app.take(), []string{
		`connect /chat {"x":"y"}`, `connect /room {"a":"c"}`, "connect /no -", "event /chat x []",
		"disconnect /chat client namespace disconnect []", "connect /chat -",
	})
	equal(t, p.session.take(), []string{"1::/chat", "1::/room", "7::/no:2", "1::/chat"})
	if got := p.session.closedWith(); got != nil {
		t.Errorf("closed with %v", got)
	}
}

func TestProtocol1_refused_is_refused_the_session(t *testing.T) {
	p := open1(New(Config{}, &fakeApp{connect: func(s *Socket) { s.Refuse("not you", nil) }}))
	if got := p.session.closedWith(); len(got) != 1 || got[0] != engine.Refused {
		t.Errorf("closed with %v", got)
	}
}

func TestProtocol1_an_application_that_fails(t *testing.T) {
	for failed, want := range map[bool]engine.Reason{true: engine.Failed, false: engine.ForcedServerClose} {
		p := open1(New(Config{}, &fakeApp{connect: func(s *Socket) { s.Abandon("as asked", failed) }}))
		if got := p.session.closedWith(); len(got) != 1 || got[0] != want {
			t.Errorf("closed with %v, want %v", got, want)
		}
	}
}

func TestProtocol1_put_out(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p := open1(h)
	p.say(t, "1::/chat")
	p.session.take()
	app.take()
	chat := to(p.socket(t, "/chat").ID())
	chat.Namespace = "/chat"
	if n, err := h.Disconnect(chat, EndSocket); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	equal(t, p.session.take(), []string{"0::/chat"})
	equal(t, app.take(), []string{"disconnect /chat server namespace disconnect []"})

	p.say(t, "1::/chat")
	p.session.take()
	app.take()
	if n, err := h.Disconnect(to(p.socket(t, "/").ID()), EndSocket); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	equal(t, p.session.take(), []string{"0::/chat", "0::"}) // its client ends wholly on the second
	equal(t, app.take(), []string{
		"disconnect /chat server namespace disconnect []", "disconnect / server namespace disconnect []",
	})
	if got := p.session.closedWith(); len(got) != 1 || got[0] != engine.ForcedServerClose {
		t.Errorf("closed with %v", got)
	}
}

func TestProtocol1_is_addressed_by_what_its_client_takes_for_its_id(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p := open1(h)
	p.say(t, "1::/chat")
	p.session.take()
	for namespace, want := range map[string]string{"/": `5:::{"name":"x"}`, "/chat": `5::/chat:{"name":"x"}`} {
		alias := to(secretID)
		alias.Namespace = namespace
		if err := h.Emit(Emit{Select: alias, Event: "x"}); err != nil {
			t.Fatal(err)
		}
		equal(t, p.session.take(), []string{want})
	}
}

// One room holds clients of three generations; each form is written once, however many read it.
func TestProtocol1_in_a_room_with_all_others(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	oldest, older, modern := []*peer{open1(h), open1(h)}, open4(h), open(h)
	modern.say(t, "0")
	for _, p := range append(oldest, older, modern) {
		p.session.take()
	}
	if err := h.Emit(Emit{Event: "x", Args: args(t, `["é 漢字 👩‍🚀",{"a":["<bin>"]}]`)}); err != nil {
		t.Fatal(err)
	}
	for _, p := range oldest {
		equal(t, p.session.take(), []string{`5:::{"name":"x","args":["é 漢字 👩‍🚀",{"a":["AQIA"]}]}`})
	}
	if got := len(older.session.take()) + len(modern.session.take()); got != 2 {
		t.Errorf("%d of the others were sent something", got)
	}
	for _, e := range h.Encodings() {
		if want := map[string]int64{"v09": 1, "eio3": 1, "eio4": 1}[e.Form]; e.Count != want {
			t.Errorf("%s was written %d times, want %d", e.Form, e.Count, want)
		}
	}
}

func BenchmarkProtocol1(b *testing.B) {
	h := New(Config{}, &fakeApp{})
	c := open1(h).client
	c.session = &sink{}
	said := []byte(`5:::{"name":"order","args":[{"id":421337,"status":"paid"}]}`)
	b.Run("receive", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Receive(said, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	e := Emit{Event: "order", Args: args(b, `[{"id":421337,"status":"paid"}]`)}
	b.Run("emit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := h.Emit(e); err != nil {
				b.Fatal(err)
			}
		}
	})
}
