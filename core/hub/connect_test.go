package hub

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"realtime/core/engine"
)

func equal(t testing.TB, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestConnect_answers_with_a_public_id(t *testing.T) {
	app := &fakeApp{}
	p := open(New(Config{}, app))
	p.say(t, `0{"token":"x"}`, "0/chat,")
	main, chat := p.socket(t, "/"), p.socket(t, "/chat")
	equal(t, p.session.take(), []string{`0{"sid":"` + main.ID() + `"}`, `0/chat,{"sid":"` + chat.ID() + `"}`})
	equal(t, app.take(), []string{`connect / {"token":"x"}`, "connect /chat -"})
	if main.ID() == chat.ID() || main.ID() == p.session.ID() {
		t.Error("socket ids are not fresh")
	}
}

func TestReceive_closes_the_session_for(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets []string
		want    error
	}{
		{"an event first", []string{`2["a"]`}, errFirstPacket},
		{"a disconnect first", []string{`1`}, errFirstPacket},
		{"a second connect", []string{`0`, `0`}, errConnectTwice},
		{"a second connect elsewhere", []string{`0`, `0/chat,`, `0/chat,{}`}, errConnectTwice},
		{"an event elsewhere", []string{`0`, `2/chat,["a"]`}, errNotJoined},
		{"an ack elsewhere", []string{`0`, `3/chat,1[]`}, errNotJoined},
		{"a disconnect elsewhere", []string{`0`, `1/chat,`}, errNotJoined},
		{"a connect error", []string{`0`, `4{"message":"x"}`}, errUnexpectedType},
		{"a reserved name in escapes", []string{`0`, `2["\u0063onnect"]`}, nil},
		{"bad JSON in an event", []string{`0`, `2["a",]`}, nil},
		{"bad JSON in an ack", []string{`0`, `31[,]`}, nil},
		{"bad JSON in a connect", []string{`0{"a"}`}, nil},
		{"a packet that is none", []string{`0`, `9`}, nil},
		{"too many namespaces", []string{`0`, `0/a`, `0/b`, `0/c`}, errTooManyJoined},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(New(Config{MaxNamespaces: 3}, &fakeApp{}))
			last := len(c.packets) - 1
			p.say(t, c.packets[:last]...)
			_, err := p.Receive([]byte(c.packets[last]), false)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestReceive_connect_while_asked_closes_the_session(t *testing.T) {
	p := open(New(Config{}, &fakeApp{connect: func(*Socket) {}}))
	p.say(t, "0")
	if _, err := p.Receive([]byte("0"), false); !errors.Is(err, errConnectTwice) {
		t.Errorf("got %v", err)
	}
}

func TestReceive_ignores_late_packets_of_a_namespace_just_left(t *testing.T) {
	app := &fakeApp{connect: func(s *Socket) {
		if s.Namespace() == "/refused" {
			s.Refuse("no", nil)
			return
		}
		s.Accept(Grant{})
	}}
	h := New(Config{}, app)
	p := open(h)
	p.say(t, "0", "0/left,", "0/ended,", "0/refused,")
	p.say(t, "1/left,")
	if n, err := h.Disconnect(Select{Namespace: "/ended"}, EndSocket); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	app.take()
	for _, namespace := range []string{"/left", "/ended", "/refused"} {
		p.say(t, `2`+namespace+`,["late"]`, `3`+namespace+`,0[]`, `1`+namespace+`,`)
	}
	equal(t, app.take(), nil)
}

func TestReceive_remembers_few_namespaces_left(t *testing.T) {
	p := open(New(Config{}, &fakeApp{}))
	for i := range 100 {
		p.say(t, fmt.Sprintf("0/%d,", i), fmt.Sprintf("1/%d,", i))
	}
	if n := len(p.recentlyLeft); n != maxRecentlyLeft {
		t.Errorf("%d remembered", n)
	}
	if _, err := p.Receive([]byte(`2/1,["a"]`), false); !errors.Is(err, errNotJoined) {
		t.Errorf("got %v", err)
	}
}

func TestDisconnect_of_the_last_namespace_keeps_the_session(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p, s := join(t, h, "b", "a")
	p.say(t, "1", "0")
	equal(t, app.take(), []string{"connect / -", "disconnect / client namespace disconnect [a b]", "connect / -"})
	if p.socket(t, "/") == s || len(p.session.closedWith()) > 0 {
		t.Error("the session did not go on with a new socket")
	}
}

func TestRefuse_sends_exactly_what_the_app_said(t *testing.T) {
	for _, c := range []struct {
		name, message string
		data          []byte
		want          string
	}{
		{"message", "no <b>\"\u2028", nil, `4/x,{"message":"no <b>\"\u2028"}`},
		{"data", "no", args(t, `{"code":[1]}`), `4/x,{"message":"no","data":{"code":[1]}}`},
		{"nil data", "", []byte{0xc0}, `4/x,{"message":"","data":null}`},
		{"binary data is left out", "no", args(t, `["<bin>"]`), `4/x,{"message":"no"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := &fakeApp{connect: func(s *Socket) { s.Refuse(c.message, c.data) }}
			h := New(Config{}, app)
			p := open(h)
			p.say(t, "0/x,")
			equal(t, p.session.take(), []string{c.want})
			p.Closed(engine.TransportClose, "")
			equal(t, app.take(), []string{"connect /x -"})
			if len(h.all()) != 0 {
				t.Error("an empty namespace is kept")
			}
		})
	}
}

func TestAnswer_only_the_first_counts(t *testing.T) {
	app := &fakeApp{connect: func(s *Socket) {
		s.Refuse("first", nil)
		if s.Accept(Grant{}) {
			t.Error("accepted after a refusal")
		}
		s.Refuse("third", nil)
		s.Abandon("fourth", false)
	}}
	p := open(New(Config{}, app))
	p.say(t, "0")
	equal(t, p.session.take(), []string{`4{"message":"first"}`})
	if len(p.session.closedWith()) > 0 {
		t.Error("closed")
	}
}

func TestAbandon_closes_the_transport(t *testing.T) {
	app := &fakeApp{connect: func(s *Socket) { s.Abandon("no worker", false) }}
	p := open(New(Config{}, app))
	p.say(t, "0")
	if got := p.session.closedWith(); len(got) != 1 || got[0] != engine.ForcedServerClose {
		t.Errorf("closed with %v", got)
	}
	p.Closed(engine.ForcedServerClose, "")
	equal(t, p.session.take(), nil)
	equal(t, app.take(), []string{"connect / -"})
}

func TestAccept_holds_what_was_emitted_to_the_asking_socket(t *testing.T) {
	var h *Hub
	emit := func(e Emit) {
		if err := h.Emit(e); err != nil {
			t.Error(err)
		}
	}
	app := &fakeApp{connect: func(s *Socket) {
		if _, err := h.Join(to(s.ID()), []string{"early"}); err != nil {
			t.Error(err)
		}
		emit(Emit{Select: to(s.ID()), Event: "one"})
		emit(Emit{Select: to(s.ID()), Event: "volatile", Volatile: true})
		emit(Emit{Event: "everyone"})
		emit(Emit{Select: to("early"), Event: "room"})
		emit(Emit{Select: to(s.ID()), Event: "two"})
		if s.Namespace() == "/" {
			s.Accept(Grant{Rooms: []string{"late"}})
			emit(Emit{Select: to("early"), Event: "three"})
			emit(Emit{Select: to("late"), Event: "four"})
			emit(Emit{Event: "five"})
		}
	}}
	h = New(Config{}, app)
	p := open(h)
	p.say(t, "0")
	equal(t, p.session.take(), []string{
		`0{"sid":"` + p.socket(t, "/").ID() + `"}`,
		`2["one"]`, `2["two"]`, `2["three"]`, `2["four"]`, `2["five"]`,
	})
}

func TestRefuse_drops_what_was_emitted(t *testing.T) {
	var h *Hub
	app := &fakeApp{connect: func(s *Socket) {
		if err := h.Emit(Emit{Select: to(s.ID()), Event: "one"}); err != nil {
			t.Error(err)
		}
		s.Refuse("no", nil)
	}}
	h = New(Config{}, app)
	p := open(h)
	p.say(t, "0")
	equal(t, p.session.take(), []string{`4{"message":"no"}`})
}

func TestHeld_messages_are_bounded(t *testing.T) {
	for _, c := range []struct {
		name        string
		size, emits int
	}{
		{"by count", 1, maxHeldMessages},
		{"by bytes", 64 << 10, maxHeldBytes / (64 << 10)},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := New(Config{}, &fakeApp{connect: func(*Socket) {}})
			p := open(h)
			p.say(t, "0")
			text := args(t, `["`+strings.Repeat("x", c.size)+`"]`)
			for range c.emits + 2 {
				if err := h.Emit(Emit{Select: to(p.socket(t, "/").ID()), Event: "e", Args: text}); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.session.closedWith(); len(got) != 1 || got[0] != engine.ForcedServerClose {
				t.Errorf("closed with %v", got)
			}
		})
	}
}

func TestAccept_after_the_client_left_is_followed_by_disconnect(t *testing.T) {
	for _, c := range []struct {
		name  string
		leave func(p *peer)
		want  string
	}{
		{"by closing", func(p *peer) { p.Closed(engine.PingTimeout, "") }, "ping timeout"},
		{"by its namespace", func(p *peer) { p.say(t, "1") }, "client namespace disconnect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := &fakeApp{connect: func(*Socket) {}}
			h := New(Config{}, app)
			p := open(h)
			p.say(t, "0")
			s := p.socket(t, "/")
			c.leave(p)
			equal(t, app.take(), []string{"connect / -"})
			if s.Accept(Grant{Rooms: []string{"b", "a", "b"}}) {
				t.Error("accepted")
			}
			p.Closed(engine.TransportClose, "")
			equal(t, app.take(), []string{"disconnect / " + c.want + " [a b]"})
			equal(t, p.session.take(), nil)
			if len(h.all()) != 0 {
				t.Error("an empty namespace is kept")
			}
		})
	}
}

// TestAccept_leaving_between_its_halves plays the moments that TestRace rarely meets: the socket is
// in the namespace, and leaves before its CONNECT answer is on the way.
func TestAccept_leaving_between_its_halves(t *testing.T) {
	const answer = "(answer)"
	for _, c := range []struct {
		name  string
		leave func(h *Hub, p *peer)
		sent  []string
		want  string
	}{
		{"the client", func(_ *Hub, p *peer) { p.say(t, "1") }, nil, "client namespace disconnect"},
		{"the session", func(_ *Hub, p *peer) { p.Closed(engine.TransportError, "") }, nil, "transport error"},
		{
			"by the app", func(h *Hub, p *peer) { h.Disconnect(Select{}, EndSocket) },
			[]string{answer, `2["held"]`, "1"},
			"server namespace disconnect",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := &fakeApp{connect: func(*Socket) {}}
			h := New(Config{}, app)
			p := open(h)
			p.say(t, "0")
			s := p.socket(t, "/")
			in := s.namespace.admit(s, Grant{Rooms: []string{"r"}})
			if err := h.Emit(Emit{Event: "held"}); err != nil || !in {
				t.Fatal(err, in)
			}
			app.take()
			c.leave(h, p)
			equal(t, p.session.take(), nil)
			equal(t, app.take(), nil)
			if s.settle(in, place{}, nil) {
				t.Error("settled as if it were still there")
			}
			sent := p.session.take()
			for i := range sent {
				if isConnect(sent[i]) {
					sent[i] = answer
				}
			}
			equal(t, sent, c.sent)
			equal(t, app.take(), []string{"disconnect / " + c.want + " [r]"})
			if s.namespace.waiting != 0 {
				t.Errorf("%d wait for ever", s.namespace.waiting)
			}
		})
	}
}

// TestLeave_begun_by_another_goroutine: whoever throws a socket out may be anywhere in the middle
// of it when the client leaves by itself and comes back.
func TestLeave_begun_by_another_goroutine(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p, s := join(t, h, "r")
	app.take()
	s.withdraw()
	p.say(t, "1", "0")
	p.leave(s, engine.ServerNamespaceDisconnect, disconnectedRevision5(s))
	if err := h.Emit(Emit{Event: "a"}); err != nil {
		t.Fatal(err)
	}
	equal(t, p.session.take(), []string{`0{"sid":"` + p.socket(t, "/").ID() + `"}`, `2["a"]`})
	equal(t, app.take(), []string{"disconnect / client namespace disconnect [r]", "connect / -"})
}

func TestAccept_of_an_impossible_grant_closes_the_session(t *testing.T) {
	long := strings.Repeat("u", DefaultMaxName+1)
	for name, g := range map[string]Grant{
		"room like a socket id": {Rooms: []string{"ok", "AAAAAAAAAAAAAAAAAAAA"}},
		"empty room":            {Rooms: []string{""}},
		"too many rooms":        {Rooms: make([]string, DefaultMaxRooms+1)},
		"user too long":         {User: &long},
		"data too large":        {Data: make([]byte, DefaultMaxPayload+1)},
	} {
		t.Run(name, func(t *testing.T) {
			app := &fakeApp{connect: func(s *Socket) {
				if s.Accept(g) {
					t.Error("accepted")
				}
			}}
			p := open(New(Config{}, app))
			p.say(t, "0")
			if len(p.session.closedWith()) != 1 {
				t.Error("not closed")
			}
			p.Closed(engine.ForcedServerClose, "")
			equal(t, p.session.take(), nil)
			equal(t, app.take(), []string{"connect / -", "disconnect / forced server close []"})
		})
	}
}
