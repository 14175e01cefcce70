package hub

import (
	"strings"
	"testing"

	"realtime/core/engine"
)

// openPlain opens a session without Socket.IO, whose address has the given query.
func openPlain(h *Hub, query ...engine.Field) *peer {
	s := &fakeSession{
		dialect: engine.Plain, handshake: engine.Handshake{Address: "192.0.2.1", Query: query},
		show: func(m *engine.Message) string { return string(m.Text()) },
	}
	return &peer{client: h.open(s), session: s}
}

// connected is what a plain client is told first, without a history.
func (p *peer) connected(t *testing.T, namespace string) string {
	t.Helper()
	return `{"event":"connect","args":[{"sid":"` + p.socket(t, namespace).ID() + `"}]}`
}

func TestPlain_is_in_the_namespace_of_its_query(t *testing.T) {
	for _, c := range []struct {
		namespace, want string
		query           []engine.Field
	}{
		{"/", "connect / -", nil},
		{"/", "connect / -", fields("namespace", "")},
		{"/shop", `connect /shop {"token":"t"}`, fields("namespace", "/shop", "token", "t", "since", "k3")},
	} {
		app := &fakeApp{}
		p := openPlain(New(Config{}, app), c.query...)
		equal(t, p.session.take(), []string{p.connected(t, c.namespace)})
		equal(t, app.take(), []string{c.want})
	}
}

func TestPlain_a_namespace_that_cannot_be_closes_it(t *testing.T) {
	app := &fakeApp{}
	p := openPlain(New(Config{}, app), fields("namespace", "shop")...)
	equal(t, app.take(), nil)
	if got := p.session.closedWith(); len(got) != 1 {
		t.Errorf("closed with %v", got)
	}
}

// Parameters that only plain clients' requests have a meaning for belong to the pages of others.
func TestPlain_parameters_are_those_of_other_clients_pages(t *testing.T) {
	app := &fakeApp{}
	open4(New(Config{}, app), fields("namespace", "n", "since", "s")...)
	equal(t, app.take(), []string{`connect / {"namespace":"n","since":"s"}`})
}

func TestPlain_sends_events_and_answers(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p := openPlain(h, fields("namespace", "/shop")...)
	s := p.socket(t, "/shop")
	app.take()
	p.session.take()
	p.say(t, `{"event":"a"}`, `{"event":"b","args":[1,"é"],"id":7}`, `{"event":"c","args":[ ]}`)
	equal(t, app.take(), []string{`event /shop a []`, `event /shop b [1,"é"] ack 7`, `event /shop c []`})
	if err := s.Ack(7, args(t, `["yes",{"bytes":"<bin>"}]`)); err != nil {
		t.Fatal(err)
	}
	equal(t, p.session.take(), []string{`{"ack":7,"args":["yes",{"bytes":"AQIA"}]}`})
}

func TestPlain_answers_a_call(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p := openPlain(h)
	p.session.take()
	results := ask(t, h, Select{})
	equal(t, p.session.take(), []string{`{"event":"q","args":[],"id":0}`})
	p.say(t, `{"ack":0,"args":["because"]}`)
	if r := result(results); r == nil || len(r.Acks) != 1 || toJSON(r.Acks[0].Args) != `["because"]` {
		t.Errorf("got %+v", r)
	}
}

func TestPlain_is_told_events_as_objects(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p := openPlain(h)
	p.session.take()
	if err := h.Emit(Emit{Event: `é "x"`, Args: args(t, `["👩‍🚀",{"n":1.5},"<bin>"]`)}); err != nil {
		t.Fatal(err)
	}
	equal(t, p.session.take(), []string{`{"event":"é \"x\"","args":["👩‍🚀",{"n":1.5},"AQIA"]}`})
}

func TestPlain_is_closed_for_what_it_must_not_write(t *testing.T) {
	for _, text := range []string{
		"hello", `{"args":[]}`, `{"event":"connect"}`, `{"event":"disconn\u0065ct"}`, `{"event":"a","args":[01]}`,
		`{"event":"a","args":[{"_placeholder":true,"num":0}]}`, `{"ack":1,"args":[` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `]}`,
	} {
		app := &fakeApp{}
		p := openPlain(New(Config{}, app))
		app.take()
		if _, err := p.Receive([]byte(text), false); err == nil {
			t.Errorf("%s: is taken", text)
		}
		equal(t, app.take(), nil)
	}
}

func TestPlain_is_refused_with_words_and_for_good(t *testing.T) {
	app := &fakeApp{connect: func(s *Socket) { s.Refuse(`not "you"`, args(t, `{"code":7}`)) }}
	p := openPlain(New(Config{}, app))
	equal(t, p.session.take(), []string{`{"event":"connect_error","args":[{"message":"not \"you\"","data":{"code":7}}]}`})
	if got := p.session.closedWith(); len(got) != 1 || got[0] != engine.Refused {
		t.Errorf("closed with %v", got)
	}
}

func TestPlain_is_refused_without_data_that_it_cannot_be_told(t *testing.T) {
	app := &fakeApp{connect: func(s *Socket) { s.Refuse("no", args(t, `["<bin>"]`)) }}
	p := openPlain(New(Config{}, app))
	equal(t, p.session.take(), []string{`{"event":"connect_error","args":[{"message":"no"}]}`})
}

// A plain client has one namespace: who is put out there has nothing left.
func TestPlain_is_put_out_altogether(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p := openPlain(h, fields("namespace", "/shop")...)
	p.session.take()
	if _, err := h.Disconnect(Select{Namespace: "/shop"}, EndSocket); err != nil {
		t.Fatal(err)
	}
	equal(t, p.session.take(), []string{`{"event":"disconnect","args":[]}`})
	if got := p.session.closedWith(); len(got) != 1 {
		t.Errorf("closed with %v", got)
	}
}
