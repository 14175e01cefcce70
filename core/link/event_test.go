package link

import (
	"strings"
	"testing"
	"time"
)

func countLines(out *lines, text string) int { return strings.Count(out.String(), text) }

func TestEvent_and_its_ack(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{})
		s := newSocket("/")
		e := event("say", "hi", []byte{1})
		e.Ack, e.WantsAck = 7, true
		l.takeEvent(s, e)
		f := a.want("event")
		if f.params["event"] != "say" || shown(f.params["args"]) != "[hi [1]]" || f.params["ack"] != true ||
			f.params["id"] != "boot-1" || shown(f.params["attempt"]) != "1" || f.params["user"] != nil {
			t.Fatalf("got %v", f.params)
		}
		a.answer(f, []any{"ok"})
		s.want(t, "ack 7 [ok]")

		for _, c := range []struct {
			answer func(f frame)
			ack    string
		}{
			{func(f frame) { a.answer(f, nil) }, ""},
			{func(f frame) { a.answer(f, []any{}) }, "ack 8 []"},
			{func(f frame) { a.answer(f, "nonsense") }, ""},
			{func(f frame) { a.fail(f, m{"code": "internal", "message": "x"}) }, ""},
			{func(f frame) { a.fail(f, m{"code": "internal", "data": m{"ack": []int{1}}}) }, "ack 8 [1]"},
		} {
			l.takeEvent(s, asking("e", 8))
			c.answer(a.want("event"))
			if c.ack != "" {
				s.want(t, c.ack)
			}
			s.untouched(t)
		}
		l.takeEvent(s, event("nobody waits"))
		a.answer(a.want("event"), []any{"ok"})
		s.untouched(t)
		if st := l.Stats(); st.Deferred != 0 || st.Lanes != 0 || st.Unanswered != 0 {
			t.Errorf("left over: %+v", st)
		}
	})
}

func TestEvent_one_unanswered_per_socket_in_order_connect_events_disconnect(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"hooks": []string{"connect"}})
		s := newSocket("/")
		l.connect(s, nil)
		l.takeEvent(s, event("1"))
		l.takeEvent(s, event("2"))
		l.disconnect(s, &ending{reason: "transport close"})
		q := a.want("connect")
		a.silent()
		a.answer(q, m{})
		first := a.want("event")
		a.silent()
		a.answer(first, nil)
		a.answer(a.want("event"), nil)
		a.answer(a.want("disconnect"), nil)
		a.silent()
		if st := l.Stats(); st.Lanes != 0 {
			t.Errorf("left over: %+v", st)
		}
	})
}

func TestEvent_another_socket_does_not_wait(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{})
		l.takeEvent(newSocket("/"), event("a"))
		l.takeEvent(newSocket("/"), event("b"))
		a.want("event")
		a.want("event")
	})
}

func TestEvent_deferred_acks_come_later_from_any_process(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{})
		job := connectApp(t, l)
		job.greet("emitter", nil)
		s := newSocket("/")
		l.takeEvent(s, asking("slow", 1))
		l.takeEvent(s, asking("eager", 2))
		f := a.want("event")
		a.answer(f, m{"defer": true})
		eager := a.want("event") // the order is freed
		job.result("ack", m{"id": f.params["id"], "args": []string{"done"}})
		s.want(t, "ack 1 [done]")
		if code := job.refused("ack", m{"id": f.params["id"], "args": []string{"again"}}); code != "gone" {
			t.Errorf("a second ack: %s", code)
		}
		// A job may be faster than the answer that defers to it.
		job.result("ack", m{"id": eager.params["id"]})
		s.want(t, "ack 2 []")
		a.answer(eager, m{"defer": true})
		s.untouched(t)
	})
}

func TestEvent_handler_timeout_frees_the_order_but_not_the_slot(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"window": 1})
		b := handler(t, l, m{"window": 1})
		s := newSocket("/")
		l.takeEvent(s, asking("stuck", 1))
		l.takeEvent(s, event("next"))
		stuck, other := oneOf(t, a, b)
		begin := time.Now()
		next := other.want("event")
		if waited := time.Since(begin); waited != DefaultHandlerTimeout {
			t.Errorf("freed after %s", waited)
		}
		l.takeEvent(newSocket("/"), event("no room"))
		stuck.app.silent()
		other.silent()
		stuck.app.answer(stuck.frame, []any{"late"})
		s.untouched(t)
		stuck.app.want("event")
		other.answer(next, nil)
		if st := l.Stats(); st.Timeouts != 1 || st.Deferred != 0 {
			t.Errorf("%+v", st)
		}
	})
}

type got struct {
	app   *app
	frame frame
}

// oneOf returns which of two workers got the next frame, and the other.
func oneOf(t *testing.T, a, b *app) (got, *app) {
	t.Helper()
	select {
	case f := <-a.frames:
		return got{a, f}, b
	case f := <-b.frames:
		return got{b, f}, a
	case <-time.After(time.Minute):
		t.Fatal("nobody got anything")
	}
	panic("unreachable")
}

func TestEvent_pause_at_the_limit_resume_at_half(t *testing.T) {
	for name, cfg := range map[string]Config{
		"count": {SocketEvents: 4},
		"bytes": {SocketBytes: 4 * 101},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, cfg, func(t *testing.T, l *Link, _ *fakeHub) {
				a := handler(t, l, m{})
				s := newSocket("/")
				big := strings.Repeat("x", 98-len("event")+5-1)
				for i := range 5 { // one is given, four wait
					if pause := l.takeEvent(s, event("e", big[:97])); pause != (i == 4) {
						t.Fatalf("event %d: pause %v", i, pause)
					}
				}
				a.answer(a.want("event"), nil)
				s.untouched(t)
				a.answer(a.want("event"), nil)
				s.want(t, "resumed")
				for range 3 {
					a.answer(a.want("event"), nil)
				}
				s.untouched(t)
			})
		})
	}
}

func TestEvent_waits_for_a_worker_and_is_dropped_when_none_comes(t *testing.T) {
	logger, out := logged()
	in(t, Config{Logger: logger}, func(t *testing.T, l *Link, _ *fakeHub) {
		s := newSocket("/")
		l.takeEvent(s, asking("old", 1))
		pass(20 * time.Second)
		l.takeEvent(s, event("young"))
		pass(11 * time.Second)
		a := handler(t, l, m{})
		if f := a.want("event"); f.params["event"] != "young" {
			t.Fatalf("got %v", f.params)
		}
		s.untouched(t)
		if st := l.Stats(); st.Dropped != 1 || st.Deferred != 0 {
			t.Errorf("%+v", st)
		}
	})
	if countLines(out, "event_age") != 1 {
		t.Errorf("log: %s", out)
	}
}

func TestEvent_of_a_busy_app_are_not_dropped(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"window": 1})
		l.takeEvent(newSocket("/"), event("long"))
		l.takeEvent(newSocket("/"), event("patient"))
		long := a.want("event")
		pass(50 * time.Second)
		a.answer(long, nil)
		if f := a.want("event"); f.params["event"] != "patient" {
			t.Fatalf("got %v", f.params)
		}
	})
}

func TestEvent_node_limit_drops_and_counts(t *testing.T) {
	logger, out := logged()
	in(t, Config{NodeEvents: 2, Logger: logger}, func(t *testing.T, l *Link, _ *fakeHub) {
		for range 5 {
			l.takeEvent(newSocket("/"), event("e"))
		}
		if st := l.Stats(); st.Dropped != 3 || st.Events != 2 {
			t.Errorf("%+v", st)
		}
	})
	if countLines(out, "too many are waiting") != 1 {
		t.Errorf("log: %s", out)
	}
}

func TestEvent_is_lost_with_its_worker_and_the_next_goes_on(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{})
		s := newSocket("/")
		l.takeEvent(s, event("1"))
		l.takeEvent(s, event("2"))
		a.want("event")
		b := handler(t, l, m{})
		a.nc.Close()
		if f := b.want("event"); f.params["event"] != "2" {
			t.Fatalf("got %v", f.params)
		}
		if st := l.Stats(); st.LostOnDeath != 1 {
			t.Errorf("%+v", st)
		}
	})
}

func TestEvent_redelivered_with_the_same_id_before_later_ones(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"redeliver": 1})
		s := newSocket("/")
		l.takeEvent(s, asking("1", 9))
		l.takeEvent(s, event("2"))
		id := a.want("event").params["id"]
		a.nc.Close()
		b := handler(t, l, m{"redeliver": 1})
		f := b.want("event")
		if f.params["id"] != id || f.params["event"] != "1" || shown(f.params["attempt"]) != "2" {
			t.Fatalf("got %v", f.params)
		}
		c := handler(t, l, m{})
		b.nc.Close() // once was asked for
		if f := c.want("event"); f.params["event"] != "2" {
			t.Fatalf("got %v", f.params)
		}
		s.untouched(t)
	})
}

func TestDisconnect_is_kept_without_age_limit_and_given_again_when_its_worker_dies(t *testing.T) {
	in(t, Config{Disconnects: 3}, func(t *testing.T, l *Link, _ *fakeHub) {
		for range 4 {
			l.disconnect(newSocket("/"), &ending{reason: "ping timeout", rooms: []string{"r"}})
		}
		pass(24 * time.Hour)
		a := handler(t, l, m{"window": 1})
		id := a.want("disconnect").params["id"]
		a.nc.Close()
		b := connectApp(t, l)
		if hello := b.greet("handler", nil); shown(hello["lost_disconnects"]) != "1" {
			t.Errorf("hello: %v", hello)
		}
		seen := map[any]bool{}
		for range 3 {
			f := b.want("disconnect")
			seen[f.params["id"]] = true
			b.answer(f, nil)
		}
		if len(seen) != 3 || !seen[id] {
			t.Errorf("got %v, with %v among them", seen, id)
		}
		b.silent()
	})
}
