package hub

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"realtime/core/engine"
)

func keeping(app *fakeApp) *Hub { return New(Config{History: true}, app) }

// names are the events that somebody in the rooms of "/" has missed since an offset.
func (h *Hub) names(t *testing.T, offset string, rooms ...string) (list []string, next string, whole bool) {
	t.Helper()
	events, next, whole := h.Missed("/", rooms, offset)
	for _, text := range events {
		list = append(list, eventOf(t, string(text)))
	}
	return list, next, whole
}

func eventOf(t *testing.T, text string) string {
	t.Helper()
	var object struct{ Event, Offset string }
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object.Event
}

func eventsOf(t *testing.T, texts []string) (list []string) {
	t.Helper()
	for _, text := range texts {
		list = append(list, eventOf(t, text))
	}
	return list
}

func TestHistory_gives_what_was_for_the_rooms(t *testing.T) {
	h := keeping(&fakeApp{})
	_, begin, whole := h.names(t, "", "a")
	if !whole {
		t.Error("the first question has no answer")
	}
	for _, e := range []Emit{
		{Event: "a", Select: to("a")},
		{Event: "b", Select: to("b")},
		{Event: "a and b", Select: to("b", "a")},
		{Event: "all", Select: Select{}},
		{Event: "all but a", Select: Select{Except: []string{"a"}}},
		{Event: "all but b", Select: Select{Except: []string{"b"}}},
		{Event: "nobody", Select: to()},
		{Event: "ann", Select: Select{Users: []string{"ann"}, Restricted: true}},
		{Event: "ann and a", Select: Select{Users: []string{"ann"}, To: []string{"a"}, Restricted: true}},
		{Event: "elsewhere", Select: Select{Namespace: "/x", To: []string{"a"}, Restricted: true}},
		{Event: "hint", Select: to("a"), Volatile: true},
	} {
		if err := h.Emit(e); err != nil {
			t.Fatal(err)
		}
	}
	got, next, whole := h.names(t, begin, "a")
	equal(t, got, []string{"a", "a and b", "all", "all but b", "ann and a"})
	if !whole {
		t.Error("says that something is missing")
	}
	got, _, _ = h.names(t, begin, "a", "b")
	equal(t, got, []string{"a", "b", "a and b", "all", "ann and a"})
	got, again, whole := h.names(t, next, "a")
	if got != nil || again != next || !whole {
		t.Errorf("asked again: %v, %q after %q, %t", got, again, next, whole)
	}
}

// Nobody comes back with the id of a socket, and emits to single ones would drive out the rest.
func TestHistory_keeps_nothing_for_single_sockets(t *testing.T) {
	h := keeping(&fakeApp{})
	_, s := join(t, h)
	_, begin, _ := h.names(t, "")
	h.say(t, to(s.ID()), "personal")
	h.say(t, to(s.ID(), "a"), "both")
	if n := len(h.history.list); n != 1 {
		t.Errorf("%d are kept", n)
	}
	got, _, _ := h.names(t, begin, "a", s.ID())
	equal(t, got, []string{"both"})
}

func TestHistory_lets_go_of_the_oldest(t *testing.T) {
	for _, c := range []struct {
		limit string
		fill  func(t *testing.T, h *Hub)
	}{
		{"messages", func(t *testing.T, h *Hub) {
			for range HistoryMessages {
				h.say(t, to("b"), "another")
			}
		}},
		{"bytes", func(t *testing.T, h *Hub) {
			large := args(t, `["`+strings.Repeat("x", 900<<10)+`"]`)
			for range HistoryBytes/(900<<10) + 1 {
				if err := h.Emit(Emit{Select: to("b"), Event: "large", Args: large}); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"age", func(t *testing.T, h *Hub) { time.Sleep(HistoryAge + 1) }},
	} {
		t.Run(c.limit, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := keeping(&fakeApp{})
				_, begin, _ := h.names(t, "")
				h.say(t, to("a"), "first")
				c.fill(t, h)
				_, between, _ := h.names(t, "")
				h.say(t, to("a"), "last")
				got, _, whole := h.names(t, begin, "a")
				equal(t, got, []string{"last"})
				if whole {
					t.Error("does not say that the first is lost")
				}
				got, _, whole = h.names(t, between, "a")
				equal(t, got, []string{"last"})
				if !whole {
					t.Error("says that something is lost that was not missed")
				}
				if len(h.history.list) > HistoryMessages || h.history.bytes > HistoryBytes {
					t.Errorf("%d messages, %d bytes", len(h.history.list), h.history.bytes)
				}
			})
		})
	}
}

func TestHistory_is_no_longer_whole_for_who_was_there_before_a_restart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := keeping(&fakeApp{})
		old.say(t, to("a"), "before")
		_, offset, _ := old.names(t, "")
		time.Sleep(time.Second)
		h := keeping(&fakeApp{})
		h.say(t, to("a"), "after")
		got, next, whole := h.names(t, offset, "a")
		equal(t, got, []string{"after"})
		if whole {
			t.Error("does not say that something may be lost")
		}
		if _, _, whole := h.names(t, next, "a"); !whole {
			t.Error("goes on to say so")
		}
		ahead := place{h.offsets.latest() + 9, h.offsets.latest() + 9}.String()
		if _, _, whole := h.names(t, ahead, "a"); whole {
			t.Error("somebody who is ahead has missed nothing")
		}
	})
}

// Emits that begin at the same time may reach a client in any order: to have got one says nothing about
// the others.
func TestHistory_of_emits_at_the_same_time(t *testing.T) {
	h := keeping(&fakeApp{})
	packets := make([]*packet, 3)
	for i, event := range []string{"first", "second", "third"} {
		e := Emit{Select: to("a"), Event: event}
		p, err := h.encodeEvent(&e, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		p.enter(&e.Select, false)
		packets[i] = p
	}
	got, next, _ := h.names(t, packets[1].place.String(), "a")
	if got != nil {
		t.Errorf("%v: is out only when everybody has it", got)
	}
	for _, p := range packets {
		p.leave()
	}
	got, _, _ = h.names(t, packets[1].place.String(), "a")
	equal(t, got, []string{"first", "third"})
	got, _, _ = h.names(t, next, "a")
	equal(t, got, []string{"first", "second", "third"})
}

func TestCatchUp_sends_what_was_missed_before_the_answer(t *testing.T) {
	app := &fakeApp{connect: func(s *Socket) { s.Accept(Grant{Rooms: []string{"a"}}) }}
	h := keeping(app)
	p := openPlain(h)
	first := p.session.take()
	h.say(t, to("a"), "got")
	got := p.session.take()
	p.Closed(engine.TransportClose, "")
	h.say(t, to("a"), "one")
	h.say(t, to("b"), "not mine")
	h.say(t, Select{}, "two")
	equal(t, eventsOf(t, comeBack(h, offsetIn(t, got[0]))), []string{"one", "two", "connect"})
	equal(t, eventsOf(t, comeBack(h, offsetIn(t, first[0]))), []string{"got", "one", "two", "connect"})
	equal(t, eventsOf(t, comeBack(h, "1")), []string{"realtime:gap", "got", "one", "two", "connect"})
	equal(t, eventsOf(t, comeBack(h, "nonsense")), []string{"realtime:gap", "got", "one", "two", "connect"})
	equal(t, eventsOf(t, comeBack(h, "")), []string{"connect"})
}

// comeBack is what a client is told that names an offset.
func comeBack(h *Hub, offset string) []string {
	return openPlain(h, fields("since", offset)...).session.take()
}

func offsetIn(t *testing.T, text string) string {
	t.Helper()
	var object struct{ Offset string }
	if err := json.Unmarshal([]byte(text), &object); err != nil || object.Offset == "" {
		t.Fatalf("%s: no offset, %v", text, err)
	}
	return object.Offset
}

func TestCatchUp_an_event_stream_says_it_in_a_header(t *testing.T) {
	h := keeping(&fakeApp{})
	begin := offsetIn(t, comeBack(h, "")[0])
	h.say(t, Select{}, "one")
	s := &fakeSession{
		dialect: engine.Plain, show: func(m *engine.Message) string { return string(m.Text()) },
		handshake: engine.Handshake{Query: fields("since", "1"), Headers: fields("last-event-id", begin)},
	}
	h.open(s)
	equal(t, eventsOf(t, s.take()), []string{"one", "connect"})
}

// What is emitted while the client is let in comes once, behind the answer or before it.
func TestCatchUp_and_what_comes_meanwhile(t *testing.T) {
	app := newLater()
	h := keeping(&app.fakeApp)
	_, begin, _ := h.names(t, "")
	h.say(t, Select{}, "before")
	p := openPlain(h, fields("since", begin)...)
	h.say(t, to(app.main.ID()), "personal")
	h.say(t, Select{}, "while it is asked for")
	app.main.Accept(Grant{})
	h.say(t, Select{}, "after")
	equal(t, eventsOf(t, p.session.take()), []string{"before", "while it is asked for", "connect", "personal", "after"})
}

func TestCatchUp_leaves_out_what_a_user_was_excluded_from(t *testing.T) {
	user := "ann"
	h := keeping(&fakeApp{connect: func(s *Socket) { s.Accept(Grant{User: &user}) }})
	begin := offsetIn(t, comeBack(h, "")[0])
	h.say(t, Select{ExceptUsers: []string{"bob", "ann"}}, "not ann")
	h.say(t, Select{ExceptUsers: []string{"bob"}}, "not bob")
	equal(t, eventsOf(t, comeBack(h, begin)), []string{"not bob", "connect"})
}

// Whatever is lost on the way, who comes back with the offset he has got last gets the rest.
func TestCatchUp_loses_nothing_of_concurrent_emits(t *testing.T) {
	const emitters, emits = 4, 50
	h := keeping(&fakeApp{})
	p := openPlain(h)
	done := make(chan struct{})
	for i := range emitters {
		go func() {
			for j := range emits {
				h.say(t, Select{}, fmt.Sprintf("%d/%d", i, j))
			}
			done <- struct{}{}
		}()
	}
	for range emitters {
		<-done
	}
	sent := p.session.take()
	for at, text := range sent { // as if the connection had broken behind each of them
		seen := eventsOf(t, sent[:at+1])
		missed := eventsOf(t, comeBack(h, offsetIn(t, text)))
		for _, event := range eventsOf(t, sent[at+1:]) {
			if !slices.Contains(missed, event) {
				t.Fatalf("behind %q %q is lost", seen[at], event)
			}
		}
	}
}
