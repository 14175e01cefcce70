package hub

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
)

// open4 opens a session of a client of revision 4, whose address has the given query.
func open4(h *Hub, query ...engine.Field) *peer {
	s := &fakeSession{dialect: engine.EIO3, handshake: engine.Handshake{
		Address: "192.0.2.1", Query: append([]engine.Field{{Name: "EIO", Value: "3"}, {Name: "t", Value: "x"}}, query...),
	}}
	return &peer{client: h.open(s), session: s}
}

func TestRevision4_is_in_the_main_namespace_unasked(t *testing.T) {
	app := &fakeApp{}
	p := open4(New(Config{}, app))
	equal(t, p.session.take(), []string{"0"})
	equal(t, app.take(), []string{"connect / -"})
	if id := p.socket(t, "/").ID(); id == secretID {
		t.Error("the application sees the session's id")
	}
	if p.timer != nil {
		t.Error("it waits for a CONNECT that will not come")
	}
}

func TestRevision4_says_who_it_is_in_a_query(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p := open4(h, engine.Field{Name: "token", Value: "é"})
	p.say(t, "0/chat?room=%C3%A9+1&room=2&plain&bad=%zz,", "0/other,")
	equal(t, app.take(), []string{
		`connect / {"token":"é"}`, `connect /chat {"room":"2","plain":"","bad":"%zz"}`, "connect /other -",
	})
	session := fields("EIO", "3", "t", "x", "token", "é")
	chat := append(session[:3:3], fields("room", "2", "plain", "", "bad", "%zz")...)
	for namespace, want := range map[string][]engine.Field{"/": session, "/chat": chat, "/other": session} {
		if diff := cmp.Diff(want, p.socket(t, namespace).Handshake().Query); diff != "" {
			t.Errorf("%s: -want +got\n%s", namespace, diff)
		}
	}
}

// fields are parameters of a query, name after value.
func fields(pairs ...string) (list []engine.Field) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, engine.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return list
}

func TestRevision4_a_namespace_query_replaces_that_of_the_session(t *testing.T) {
	p := open4(New(Config{}, &fakeApp{}), engine.Field{Name: "token", Value: "main"})
	p.say(t, "0/chat?token=chat,")
	if got := p.socket(t, "/chat").Handshake().Query[2].Value; got != "chat" {
		t.Errorf("token %q", got)
	}
	if got := p.socket(t, "/").Handshake().Query[2].Value; got != "main" {
		t.Errorf("token of the main namespace %q", got)
	}
}

// later is an app that answers for "/" only when it is told to, and accepts all else.
type later struct {
	fakeApp
	main *Socket
}

func newLater() *later {
	a := &later{}
	a.connect = func(s *Socket) {
		if s.Namespace() == "/" {
			a.main = s
			return
		}
		s.Accept(Grant{})
	}
	return a
}

func TestRevision4_other_namespaces_wait_for_the_main_one(t *testing.T) {
	app := newLater()
	p := open4(New(Config{}, app))
	p.say(t, "0/a,", "0/b?x=1,", "0/a,", "0/left,", "1/left,", "0")
	equal(t, app.take(), []string{"connect / -"})
	equal(t, p.session.take(), nil)
	app.main.Accept(Grant{})
	equal(t, app.take(), []string{"connect /a -", `connect /b {"x":"1"}`})
	equal(t, p.session.take(), []string{"0", "0/a,", "0/b,"})
	p.say(t, "0/c,")
	equal(t, app.take(), []string{"connect /c -"})
}

func TestRevision4_stays_outside_where_the_main_namespace_is_refused(t *testing.T) {
	app := newLater()
	p := open4(New(Config{}, app))
	p.say(t, "0/a,")
	app.main.Refuse("not you", nil)
	p.say(t, "0/b,", "0", `2["x"]`)
	equal(t, p.session.take(), []string{`4"not you"`})
	equal(t, app.take(), []string{"connect / -"})
	if got := p.session.closedWith(); got != nil {
		t.Errorf("closed with %v", got)
	}
}

func TestRevision4_what_waits_is_dropped_with_the_session(t *testing.T) {
	app := newLater()
	h := New(Config{}, app)
	p := open4(h)
	p.say(t, "0/a,")
	p.Closed(engine.TransportClose, "")
	app.main.Accept(Grant{})
	equal(t, app.take(), []string{"connect / -", "disconnect / transport close []"})
	if len(h.namespaces) > 0 {
		t.Errorf("%d namespaces are left", len(h.namespaces))
	}
}

// A session that ends while what waited is being asked for gets no socket any more.
func TestRevision4_the_session_ends_while_what_waited_is_asked_for(t *testing.T) {
	app := newLater()
	h := New(Config{}, app)
	p := open4(h)
	accept := app.connect
	app.connect = func(s *Socket) {
		if s.Namespace() == "/a" {
			p.Closed(engine.TransportClose, "")
		}
		accept(s)
	}
	p.say(t, "0/a,", "0/b,")
	app.main.Accept(Grant{})
	equal(t, app.take(), []string{
		"connect / -", "connect /a -", "disconnect / transport close []", "disconnect /a transport close []",
	})
	if len(h.namespaces) > 0 {
		t.Errorf("%d namespaces are left", len(h.namespaces))
	}
}

// What comes for a namespace while another goroutine puts the question is not the application's yet.
func TestRevision4_an_event_comes_before_the_question_is_put(t *testing.T) {
	app := newLater()
	p := open4(New(Config{}, app))
	accept := app.connect
	app.connect = func(s *Socket) {
		if s.Namespace() == "/a" {
			p.say(t, `2/a,["early"]`)
		}
		accept(s)
	}
	p.say(t, "0/a,")
	app.main.Accept(Grant{})
	p.say(t, `2/a,["in time"]`)
	equal(t, app.take(), []string{"connect / -", "connect /a -", "event /a in time []"})
}

func TestRevision4_limits_what_waits(t *testing.T) {
	p := open4(New(Config{MaxNamespaces: 2}, newLater()))
	p.say(t, "0/a,", "0/b,")
	if _, err := p.Receive([]byte("0/c,"), false); err == nil || !strings.Contains(err.Error(), "max_namespaces") {
		t.Errorf("got %v", err)
	}
}

func TestRevision4_passes_over_what_revision_5_closes_for(t *testing.T) {
	app := &fakeApp{}
	p := open4(New(Config{}, app))
	p.say(t, "0/chat,")
	app.take()
	p.session.take()
	p.say(t, `2/elsewhere,["a"]`, `3/elsewhere,1[]`, "1/elsewhere,", "0/chat,", "0")
	equal(t, app.take(), nil)
	equal(t, p.session.take(), nil)
	if got := p.session.closedWith(); got != nil {
		t.Errorf("closed with %v", got)
	}
}

func TestRevision4_refusals(t *testing.T) {
	for _, c := range []struct {
		message, data, want string
	}{
		{"no", "", `4/x,"no"`},
		{"é \U0001f600", "", `4/x,"\u00e9 \ud83d\ude00"`},
		{"no", `{"code":1}`, `4/x,{"code":1}`},
		{"no", `"é"`, `4/x,"\u00e9"`},
		{"no", `403`, `4/x,"403"`}, // its digits would be an ack id
		{"no", `-1`, `4/x,-1`},
		{"no", `[1]`, `4/x,[1]`},
		{"no", `true`, `4/x,true`},
		{"no", `null`, `4/x,"no"`},
		{"no", `false`, `4/x,"no"`},
		{"no", `""`, `4/x,"no"`},
		{"no", `0`, `4/x,"no"`},
		{"no", `["<bin>"]`, `4/x,"no"`},
	} {
		app := &fakeApp{connect: func(s *Socket) {
			if s.Namespace() == "/" {
				s.Accept(Grant{})
				return
			}
			var data []byte
			if c.data != "" {
				data = args(t, c.data)
			}
			s.Refuse(c.message, data)
		}}
		p := open4(New(Config{}, app))
		p.say(t, "0/x,")
		equal(t, p.session.take(), []string{"0", c.want})
	}
}

func TestRevision4_is_written_to_in_ASCII(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	old, modern := open4(h), open(h)
	modern.say(t, "0")
	old.session.take()
	modern.session.take()
	if err := h.Emit(Emit{Event: "ключ", Args: args(t, `["é 漢字 👩‍🚀",{"ø":"<bin>"}]`)}); err != nil {
		t.Fatal(err)
	}
	equal(t, old.session.take(), []string{
		`51-["\u043a\u043b\u044e\u0447","\u00e9 \u6f22\u5b57 \ud83d\udc69\u200d\ud83d\ude80",{"\u00f8":{"_placeholder":true,"num":0}}] [04010200]`,
	})
	equal(t, modern.session.take(), []string{
		`51-["ключ","é 漢字 👩‍🚀",{"ø":{"_placeholder":true,"num":0}}] [010200]`,
	})
	encodings := map[string]int64{}
	for _, e := range h.Encodings() {
		encodings[e.Form] = e.Count
	}
	if diff := cmp.Diff(map[string]int64{"eio4": 1, "eio4_msgpack": 0, "eio3": 1, "v09": 0, "plain": 0}, encodings); diff != "" {
		t.Error(diff)
	}
}

func TestRevision4_events_and_acks(t *testing.T) {
	app := &fakeApp{event: func(s *Socket, e Event) bool {
		if e.WantsAck {
			if err := s.Ack(e.Ack, e.Args); err != nil {
				t.Error(err)
			}
		}
		return false
	}}
	h := New(Config{}, app)
	p := open4(h)
	app.take()
	p.session.take()
	p.say(t, `2["a",1]`, `27["b","é"]`, `51-8["c",{"_placeholder":true,"num":0}]`)
	if _, err := p.Receive([]byte{1, 2}, true); err != nil {
		t.Fatal(err)
	}
	equal(t, app.take(), []string{
		`event / a [1]`, `event / b ["é"] ack 7`, `event / c [{"_placeholder":true,"num":0}] [0102] ack 8`,
	})
	equal(t, p.session.take(), []string{`37["\u00e9"]`, `61-8[{"_placeholder":true,"num":0}] [040102]`})

	results := make(chan CallResult, 1)
	err := h.Call(Emit{Event: "q", Select: to(p.socket(t, "/").ID())}, MaxCallTimeout, func(r CallResult) { results <- r })
	if err != nil {
		t.Fatal(err)
	}
	equal(t, p.session.take(), []string{`20["q"]`})
	p.say(t, `30["yes"]`)
	if r := <-results; len(r.Acks) != 1 || toJSON(r.Acks[0].Args) != `["yes"]` {
		t.Errorf("%+v", r)
	}
}

func TestRevision4_disconnects(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p := open4(h)
	p.say(t, "0/chat,")
	p.session.take()
	app.take()
	p.say(t, "1/chat,")
	equal(t, app.take(), []string{"disconnect /chat client namespace disconnect []"})
	p.say(t, "0/chat,")
	if _, err := h.Disconnect(Select{Namespace: "/chat"}, EndSocket); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Disconnect(Select{}, EndSession); err != nil {
		t.Fatal(err)
	}
	equal(t, p.session.take(), []string{"0/chat,", "1/chat,", "1"})
	if got := p.session.closedWith(); len(got) != 1 {
		t.Errorf("closed with %v", got)
	}
}

func FuzzQueryFields(f *testing.F) {
	for _, seed := range []string{"", "a=1&b=2", "a=%C3%A9&a=+", "=", "&&", "%zz=%", "a=\"\\", "\xff=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		fields := queryFields(query)
		names := map[string]bool{}
		for _, field := range fields {
			if names[field.Name] {
				t.Errorf("%q comes twice", field.Name)
			}
			names[field.Name] = true
		}
		object := objectOf(fields)
		if (object == nil) != (len(fields) == 0) {
			t.Fatalf("%d fields, %q", len(fields), object)
		}
		if object != nil {
			if _, err := payload.AppendMessagePack(nil, object, nil, payload.Limits{}); err != nil {
				t.Errorf("%s: %v", object, err)
			}
		}
	})
}
