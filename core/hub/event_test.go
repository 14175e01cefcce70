package hub

import (
	"errors"
	"fmt"
	"testing"

	"realtime/core/engine"
)

func TestEvent_reaches_the_app(t *testing.T) {
	for _, c := range []struct{ packet, want string }{
		{`2["a"]`, `event / a []`},
		{`2["a",1,{"b":[null]}]`, `event / a [1,{"b":[null]}]`},
		{`27["a","é"]`, `event / a ["é"] ack 7`},
		{`2/chat,0["a"]`, `event /chat a [] ack 0`},
		{`2[12,"x"]`, `event / 12 ["x"]`},
	} {
		t.Run(c.packet, func(t *testing.T) {
			app := &fakeApp{}
			p := open(New(Config{}, app))
			p.say(t, "0", "0/chat,")
			app.take()
			p.say(t, c.packet)
			equal(t, app.take(), []string{c.want})
		})
	}
}

func TestEvent_with_attachments(t *testing.T) {
	app := &fakeApp{}
	p := open(New(Config{}, app))
	p.say(t, "0")
	app.take()
	p.say(t, `52-3["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]`)
	for _, attachment := range []string{"\x01", "\x02"} {
		equal(t, app.take(), nil)
		if _, err := p.Receive([]byte(attachment), true); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, app.take(), []string{
		`event / a [{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] [02 01] ack 3`,
	})
}

func TestEvent_before_the_answer_is_handed_over(t *testing.T) {
	app := &fakeApp{connect: func(*Socket) {}}
	p := open(New(Config{}, app))
	p.say(t, "0", `2["early"]`)
	equal(t, app.take(), []string{"connect / -", "event / early []"})
}

func TestAck_is_sent_once(t *testing.T) {
	var got []error
	app := &fakeApp{event: func(s *Socket, e Event) bool {
		got = append(got, s.Ack(e.Ack, args(t, `["ok","<bin>"]`)), s.Ack(e.Ack, nil), s.Ack(99, nil))
		return false
	}}
	h := New(Config{}, app)
	p, _ := join(t, h)
	p.say(t, `25["a"]`)
	equal(t, p.session.take(), []string{`61-5["ok",{"_placeholder":true,"num":0}] [010200]`})
	if got[0] != nil || got[1] != ErrGone || got[2] != ErrGone {
		t.Errorf("errors %v", got)
	}
}

func TestAck_that_cannot_be_sent_may_be_tried_again(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, s := join(t, h)
	p.say(t, `25["a"]`)
	var refused *Error
	if err := s.Ack(5, args(t, `{}`)); !errors.As(err, &refused) || refused.Code != CodeInvalid {
		t.Errorf("got %v", err)
	}
	if err := s.Ack(5, nil); err != nil {
		t.Error(err)
	}
	equal(t, p.session.take(), []string{`35[]`})
}

func TestAck_after_the_end_is_gone(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, s := join(t, h)
	p.say(t, `25["a"]`, `1`)
	if err := s.Ack(5, nil); err != ErrGone {
		t.Errorf("got %v", err)
	}
	equal(t, p.session.take(), nil)
}

func TestAck_the_oldest_unanswered_are_forgotten(t *testing.T) {
	h := New(Config{MaxAcks: 3}, &fakeApp{})
	p, s := join(t, h)
	for id := range 5 {
		p.say(t, fmt.Sprintf(`2%d["a"]`, id))
	}
	for id := range uint64(5) {
		if err := s.Ack(id, nil); (err == nil) != (id >= 2) {
			t.Errorf("%d: %v", id, err)
		}
	}
	equal(t, p.session.take(), []string{`32[]`, `33[]`, `34[]`})
}

func TestDisconnect_waits_for_the_event_that_is_being_handed_over(t *testing.T) {
	var h *Hub
	app := &fakeApp{}
	app.event = func(s *Socket, _ Event) bool {
		if _, err := h.Disconnect(Select{}, EndSocket); err != nil {
			t.Error(err)
		}
		app.note("event returns")
		return true
	}
	h = New(Config{}, app)
	p, _ := join(t, h)
	app.take()
	flow, err := p.Receive([]byte(`2["a"]`), false)
	if flow != engine.Continue || err != nil {
		t.Errorf("flow %d, %v: nobody would resume it", flow, err)
	}
	equal(t, app.take(), []string{
		"event / a []", "event returns", "disconnect / server namespace disconnect []",
	})
}

func TestDisconnect_waits_for_connect(t *testing.T) {
	var h *Hub
	app := &fakeApp{}
	app.connect = func(s *Socket) {
		s.Accept(Grant{})
		if _, err := h.Disconnect(Select{}, EndSocket); err != nil {
			t.Error(err)
		}
		app.note("connect returns")
	}
	h = New(Config{}, app)
	p := open(h)
	p.say(t, "0")
	equal(t, app.take(), []string{
		"connect / -", "connect returns", "disconnect / server namespace disconnect []",
	})
}

func TestDisconnect_follows_a_panic_of_the_app(t *testing.T) {
	app := &fakeApp{event: func(*Socket, Event) bool { panic("broken") }}
	h := New(Config{}, app)
	p, _ := join(t, h)
	app.take()
	func() {
		defer func() { recover() }() // the session's border does this
		p.Receive([]byte(`2["a"]`), false)
	}()
	p.Closed(engine.ForcedClose, "")
	equal(t, app.take(), []string{"event / a []", "disconnect / forced close []"})
}

func TestPause(t *testing.T) {
	app := &fakeApp{event: func(s *Socket, e Event) bool {
		if e.Name == "resumed at once" {
			s.Resume()
		}
		return e.Name != "fine"
	}}
	h := New(Config{}, app)
	p := open(h)
	p.say(t, "0", "0/chat,")
	main, chat := p.socket(t, "/"), p.socket(t, "/chat")
	flow := func(text string, want engine.Flow) {
		t.Helper()
		if got, err := p.Receive([]byte(text), false); got != want || err != nil {
			t.Errorf("%s: flow %d %v, want %d", text, got, err, want)
		}
	}
	resumes := func(want int) {
		t.Helper()
		if got := p.session.resumed(); got != want {
			t.Errorf("resumed %d times, want %d", got, want)
		}
	}
	flow(`2["fine"]`, engine.Continue)
	flow(`2["resumed at once"]`, engine.Continue)
	main.Resume() // one too many
	resumes(0)
	flow(`2["much"]`, engine.Pause)
	flow(`2/chat,["much"]`, engine.Pause) // what the session had read already
	main.Resume()
	main.Resume()
	resumes(0)
	chat.Resume()
	resumes(1)
	flow(`2["much"]`, engine.Pause)
	if _, err := h.Disconnect(Select{}, EndSocket); err != nil {
		t.Fatal(err)
	}
	resumes(2)
	main.Resume()
	resumes(2)
	flow(`2/chat,["fine"]`, engine.Continue)
}

func TestRefuse_resumes_a_session_paused_by_early_events(t *testing.T) {
	app := &fakeApp{connect: func(*Socket) {}, event: func(*Socket, Event) bool { return true }}
	p := open(New(Config{}, app))
	p.say(t, "0")
	if flow, err := p.Receive([]byte(`2["early"]`), false); flow != engine.Pause || err != nil {
		t.Fatal(flow, err)
	}
	p.socket(t, "/").Refuse("no", nil)
	if p.session.resumed() != 1 {
		t.Error("not resumed")
	}
}
