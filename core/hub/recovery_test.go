package hub

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"realtime/core/engine"
)

// A guest is a client that can come back, with what it would show.
type guest struct {
	*peer
	id, pid string
}

// arrive opens a session with one socket in "/".
func arrive(t *testing.T, h *Hub) guest {
	t.Helper()
	p := open(h)
	p.say(t, "0")
	return guest{p, "", ""}.read(t)
}

// read takes in the CONNECT answer.
func (g guest) read(t *testing.T) guest {
	t.Helper()
	for _, text := range g.session.take() {
		var answer struct{ SID, PID string }
		if body, ok := strings.CutPrefix(text, "0"); ok {
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Fatal(err)
			}
			return guest{g.peer, answer.SID, answer.PID}
		}
	}
	t.Fatal("no CONNECT answer")
	return g
}

// back is the guest on another session, showing its pid and the offset.
func (g guest) back(t *testing.T, h *Hub, offset string) guest {
	t.Helper()
	p := open(h)
	p.say(t, fmt.Sprintf(`0{"pid":%q,"offset":%q,"token":"t"}`, g.pid, offset))
	return guest{p, g.id, g.pid}
}

// drop loses the session.
func (g guest) drop() {
	g.session.Close(engine.TransportClose)
	g.Closed(engine.TransportClose, "")
}

func recovering(app *fakeApp) *Hub { return New(Config{Recovery: time.Minute}, app) }

func (h *Hub) say(t *testing.T, sel Select, event string) {
	t.Helper()
	if err := h.Emit(Emit{Select: sel, Event: event}); err != nil {
		t.Fatal(err)
	}
}

func TestRecovery_gives_the_same_socket_and_what_was_missed(t *testing.T) {
	app := &fakeApp{}
	h := recovering(app)
	g := arrive(t, h)
	if _, err := h.Join(to(g.id), []string{"room"}); err != nil {
		t.Fatal(err)
	}
	if err := h.Set(g.id, args(t, `{"name":"ann"}`), nil); err != nil {
		t.Fatal(err)
	}
	h.say(t, to("room"), "received")
	h.say(t, to("room"), "in flight")
	g.session.take()
	app.take()
	g.drop()
	h.say(t, to("room"), "away")
	h.say(t, to("elsewhere"), "not for it")
	equal(t, app.take(), nil)

	again := g.back(t, h, "1")
	equal(t, app.take(), []string{`connect / {"token":"t"}`})
	equal(t, again.session.take(), []string{
		`2["in flight","2"]`, `2["away","3"]`, `0{"sid":"` + g.id + `","pid":"` + g.pid + `"}`,
	})
	s := again.socket(t, "/")
	if !s.Recovered() || s.ID() != g.id || toJSON(s.Data()) != `{"name":"ann"}` {
		t.Errorf("recovered %v, id %s, data %s", s.Recovered(), s.ID(), toJSON(s.Data()))
	}
	h.say(t, to("room"), "again")
	equal(t, again.session.take(), []string{`2["again","5"]`})

	again.drop()
	if n, err := h.Count(Select{}); n != 1 || err != nil {
		t.Errorf("%d sockets, %v", n, err)
	}
	equal(t, app.take(), nil)
}

func TestRecovery_of_a_client_that_has_received_nothing(t *testing.T) {
	h := recovering(&fakeApp{})
	g := arrive(t, h)
	g.drop()
	h.say(t, Select{}, "one")
	p := open(h)
	p.say(t, fmt.Sprintf(`0{"pid":%q}`, g.pid)) // without an offset
	equal(t, p.session.take()[:1], []string{`2["one","1"]`})
}

func TestRecovery_ends_when_nobody_comes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := &fakeApp{}
		h := recovering(app)
		g := arrive(t, h)
		if _, err := h.Join(to(g.id), []string{"room"}); err != nil {
			t.Fatal(err)
		}
		app.take()
		g.drop()
		time.Sleep(time.Minute - 1) // of the bubble: fake time
		synctest.Wait()
		equal(t, app.take(), nil)
		time.Sleep(time.Nanosecond) // of the bubble: past the deadline
		synctest.Wait()
		equal(t, app.take(), []string{"disconnect / transport close [room]"})

		late := g.back(t, h, "0").read(t)
		if late.id == g.id || late.pid == g.pid {
			t.Error("a socket that has ended came back")
		}
		if stats := h.Stats(); stats.Parked != 0 || stats.NotRecovered != 1 {
			t.Errorf("%+v", stats)
		}
		late.session.Close(engine.TransportClose)
		h.EndParked()
		late.Closed(engine.ServerShutdown, "")
	})
}

func TestRecovery_takes_over_a_session_that_is_still_live(t *testing.T) {
	app := &fakeApp{}
	h := recovering(app)
	g := arrive(t, h)
	h.say(t, Select{}, "lost on the way")
	app.take()
	again := g.back(t, h, "0")
	equal(t, again.session.take()[:1], []string{`2["lost on the way","1"]`})
	if got := g.session.closedWith(); len(got) != 1 || got[0] != engine.TransportClose {
		t.Errorf("the old session: %v", got)
	}
	g.Closed(engine.TransportClose, "") // the engine says so a little later
	equal(t, app.take(), []string{`connect / {"token":"t"}`})
	if n, _ := h.Count(Select{}); n != 1 {
		t.Errorf("%d sockets", n)
	}
}

func TestRecovery_needs_the_whole_pid(t *testing.T) {
	h := recovering(&fakeApp{})
	g := arrive(t, h)
	g.drop()
	for _, pid := range []string{"", g.id, g.id + ".", g.id + "." + g.id, "x" + g.pid, g.pid + "x", strings.ToUpper(g.pid)} {
		p := open(h)
		p.say(t, fmt.Sprintf(`0{"pid":%q}`, pid))
		if s := p.socket(t, "/"); s.Recovered() || s.ID() == g.id {
			t.Errorf("%q opened the socket of %q", pid, g.pid)
		}
	}
	if stats := h.Stats(); stats.Parked != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestRecovery_is_refused_when_too_much_was_missed(t *testing.T) {
	app := &fakeApp{}
	h := recovering(app)
	g := arrive(t, h)
	app.take()
	g.drop()
	g.session.torn = true
	fresh := g.back(t, h, "0").read(t)
	if fresh.id == g.id {
		t.Error("recovered with a gap")
	}
	equal(t, app.take(), []string{"disconnect / transport close []", `connect / {"token":"t"}`})
}

func TestRecovery_not_after_a_close_by_the_server_or_the_client(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(h *Hub, g guest)
	}{
		{"the client said goodbye", func(_ *Hub, g guest) { g.say(t, "1"); g.drop() }},
		{"disconnected by the application", func(h *Hub, g guest) {
			_, _ = h.Disconnect(to(g.id), EndSocket)
			g.drop()
		}},
		{"sent away", func(h *Hub, g guest) {
			_, _ = h.Disconnect(to(g.id), SendAway)
			g.Closed(engine.ForcedServerClose, "")
		}},
		{"sent away while parked", func(h *Hub, g guest) { g.drop(); _, _ = h.Disconnect(to(g.id), SendAway) }},
		{"ended while parked", func(h *Hub, g guest) { g.drop(); _, _ = h.Disconnect(to(g.id), EndSession) }},
		{"its permission ended while parked", func(_ *Hub, g guest) {
			s := g.socketOf()
			g.drop()
			s.Expire()
		}},
		{"the node stops", func(h *Hub, g guest) { g.drop(); h.EndParked() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := &fakeApp{}
			h := recovering(app)
			g := arrive(t, h)
			app.take()
			c.end(h, g)
			if log := app.take(); len(log) != 1 || !strings.HasPrefix(log[0], "disconnect") {
				t.Errorf("the application heard %q", log)
			}
			if fresh := g.back(t, h, "0").read(t); fresh.id == g.id {
				t.Error("recovered")
			}
		})
	}
}

// socketOf is the guest's only socket.
func (g guest) socketOf() *Socket { return g.first() }

func TestRecovery_parked_sockets_are_not_called(t *testing.T) {
	h := recovering(&fakeApp{})
	g := arrive(t, h)
	results := make(chan CallResult, 2)
	call := func() {
		if err := h.Call(Emit{Event: "ask"}, time.Minute, func(r CallResult) { results <- r }); err != nil {
			t.Fatal(err)
		}
	}
	call()
	g.drop()
	if r := <-results; len(r.Gone) != 1 {
		t.Errorf("a call that waited: %+v", r)
	}
	call()
	if r := <-results; r.Expected != 0 {
		t.Errorf("a call of nobody: %+v", r)
	}
}

func TestRecovery_an_ack_goes_to_who_has_recovered(t *testing.T) {
	h := recovering(&fakeApp{})
	g := arrive(t, h)
	g.say(t, `27["ask"]`)
	s := g.socketOf()
	g.drop()
	again := g.back(t, h, "0")
	again.session.take()
	if err := s.Ack(7, args(t, `["late"]`)); err != nil {
		t.Fatal(err)
	}
	equal(t, again.session.take(), []string{`37["late"]`})
}

func TestRecovery_volatile_events_carry_a_passing_offset(t *testing.T) {
	h := recovering(&fakeApp{})
	g := arrive(t, h)
	h.say(t, Select{}, "kept")
	if err := h.Emit(Emit{Event: "volatile", Args: args(t, `["text"]`), Volatile: true}); err != nil {
		t.Fatal(err)
	}
	equal(t, g.session.take(), []string{`2["kept","1"]`, `2["volatile","text","~1"]`})
	for text, want := range map[string]engine.Offset{
		"1": {Number: 1}, "~z": {Number: 35, Passing: true}, "": {}, "-1": {}, "no offset": {}, "é": {},
	} {
		if got := engine.ParseOffset(text); got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestRecovery_off_is_off(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p := open(h)
	p.say(t, `0{"pid":"x","offset":"y"}`)
	s := p.socket(t, "/")
	equal(t, p.session.take(), []string{`0{"sid":"` + s.ID() + `"}`})
	h.say(t, Select{}, "plain")
	equal(t, p.session.take(), []string{`2["plain"]`})
}

func TestOffsets_settle_when_everybody_has_them(t *testing.T) {
	var o offsets
	first, before := o.begin()
	if before != 0 {
		t.Errorf("out before the first: %d", before)
	}
	second, before := o.begin()
	if before != 0 {
		t.Errorf("out before the second: %d", before)
	}
	if got := o.settled(); got != 0 {
		t.Errorf("nothing is out: %d", got)
	}
	o.end(second)
	if got := o.settled(); got != 0 {
		t.Errorf("the first is not out: %d", got)
	}
	o.end(first)
	if got := o.settled(); got != 2 {
		t.Errorf("both are out: %d", got)
	}
}
