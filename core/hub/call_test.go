package hub

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"realtime/core/engine"
)

// ask makes a call of everyone and returns where its result will be.
func ask(t *testing.T, h *Hub, sel Select) chan CallResult {
	t.Helper()
	results := make(chan CallResult, 2)
	err := h.Call(Emit{Select: sel, Event: "q"}, time.Minute, func(r CallResult) { results <- r })
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// result returns what has come of a call; nil is nothing yet.
func result(results chan CallResult) *CallResult {
	select {
	case r := <-results:
		return &r
	default:
		return nil
	}
}

func TestCall_collects_the_acks(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p1, s1 := join(t, h)
	p2, s2 := join(t, h)
	results := ask(t, h, Select{})
	equal(t, p1.session.take(), []string{`20["q"]`})
	equal(t, p2.session.take(), []string{`20["q"]`})
	p2.say(t, `30["two"]`)
	p2.say(t, `30["again"]`, `31["of another call"]`, `3["without id"]`)
	if r := result(results); r != nil {
		t.Fatalf("ended early: %v", r)
	}
	p1.say(t, `61-0[{"_placeholder":true,"num":0}]`)
	if _, err := p1.Receive([]byte{9}, true); err != nil {
		t.Fatal(err)
	}
	want := &CallResult{Expected: 2, Acks: []SocketAck{
		{s2.ID(), args(t, `["two"]`)}, {s1.ID(), []byte{0x91, 0xc4, 1, 9}},
	}}
	if diff := cmp.Diff(want, result(results)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	p1.say(t, `30["late"]`)
	if r := result(results); r != nil {
		t.Errorf("ended twice: %v", r)
	}
	p1.say(t, `30[]`)
	ask(t, h, Select{})
	equal(t, p1.session.take(), []string{`21["q"]`})
}

func TestCall_of_nobody_ends_at_once(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	if r := result(ask(t, h, Select{})); r == nil || r.Expected != 0 || r.TimedOut {
		t.Errorf("without a namespace: %v", r)
	}
	join(t, h)
	if r := result(ask(t, h, to("nobody"))); r == nil || r.Expected != 0 || r.TimedOut {
		t.Errorf("in an empty room: %v", r)
	}
}

func TestCall_ends_its_wait_for_those_who_leave(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p1, s1 := join(t, h)
	p2, s2 := join(t, h)
	results := ask(t, h, Select{})
	p1.Closed(engine.TransportClose, "")
	p2.say(t, "1")
	want := &CallResult{Expected: 2, Gone: []string{s1.ID(), s2.ID()}}
	if diff := cmp.Diff(want, result(results)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(h.all()) != 0 {
		t.Error("an empty namespace is kept")
	}
}

func TestCall_times_out_with_what_there_is(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Config{}, &fakeApp{})
		p, s := join(t, h)
		join(t, h)
		results := ask(t, h, Select{})
		p.say(t, "30[]")
		time.Sleep(time.Minute - 1) // of the bubble: fake time
		synctest.Wait()
		if r := result(results); r != nil {
			t.Errorf("ended early: %v", r)
		}
		time.Sleep(time.Nanosecond) // of the bubble: past the deadline
		synctest.Wait()
		want := &CallResult{Expected: 2, TimedOut: true, Acks: []SocketAck{{s.ID(), emptyArgs}}}
		if diff := cmp.Diff(want, result(results)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		n := h.namespace("/")
		if len(n.calls.byID)+len(n.calls.bySocket) != 0 {
			t.Error("the call is kept")
		}
	})
}

func TestCall_of_an_asking_socket_is_held(t *testing.T) {
	h := New(Config{}, &fakeApp{connect: func(*Socket) {}})
	p := open(h)
	p.say(t, "0")
	s := p.socket(t, "/")
	results := ask(t, h, to(s.ID()))
	equal(t, p.session.take(), nil)
	s.Accept(Grant{})
	equal(t, p.session.take(), []string{`0{"sid":"` + s.ID() + `"}`, `20["q"]`})
	p.say(t, `30[1]`)
	if r := result(results); r == nil || len(r.Acks) != 1 {
		t.Errorf("got %v", r)
	}
}

func TestCall_of_a_refused_socket_ends(t *testing.T) {
	h := New(Config{}, &fakeApp{connect: func(*Socket) {}})
	p := open(h)
	p.say(t, "0")
	s := p.socket(t, "/")
	results := ask(t, h, to(s.ID()))
	s.Refuse("no", nil)
	if r := result(results); r == nil || len(r.Gone) != 1 {
		t.Errorf("got %v", r)
	}
}

func TestCall_is_not_answered_by_a_successor(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, _ := join(t, h)
	old := ask(t, h, Select{})
	p.say(t, "1", "0")
	if r := result(old); r == nil || len(r.Gone) != 1 {
		t.Fatalf("got %v", r)
	}
	results := ask(t, h, Select{})
	p.say(t, `30["late answer to the first"]`)
	if r := result(results); r != nil {
		t.Errorf("got %v", r)
	}
}

func TestCall_refuses(t *testing.T) {
	h := New(Config{MaxCalls: 2}, &fakeApp{})
	p, _ := join(t, h)
	ask(t, h, Select{})
	ask(t, h, Select{})
	p.session.take()
	for _, c := range []struct {
		name    string
		emit    Emit
		timeout time.Duration
		code    string
	}{
		{"no timeout", Emit{Event: "q"}, 0, CodeInvalid},
		{"a timeout too long", Emit{Event: "q"}, MaxCallTimeout + 1, CodeInvalid},
		{"a reserved event", Emit{Event: "connect"}, time.Second, CodeReservedEvent},
		{"too many calls", Emit{Event: "q"}, time.Second, CodeBusy},
	} {
		t.Run(c.name, func(t *testing.T) {
			var refused *Error
			err := h.Call(c.emit, c.timeout, func(CallResult) { t.Error("done was called") })
			if !errors.As(err, &refused) || refused.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	equal(t, p.session.take(), nil)
}

func TestCall_bounds_what_it_collects(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	const sockets = maxCallBytes/900_000 + 2
	var peers []*peer
	for range sockets {
		p, _ := join(t, h)
		peers = append(peers, p)
	}
	results := ask(t, h, Select{})
	large := `30["` + strings.Repeat("x", 900_000) + `"]`
	for _, p := range peers {
		p.say(t, large)
	}
	r := result(results)
	if r == nil || !r.Truncated || r.Expected != sockets || len(r.Acks) >= sockets {
		t.Errorf("not cut")
	}
}
