package link

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestConnect_the_app_decides(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"hooks": []string{"connect"}})
		s := newSocket("/")
		l.connect(s, pack(m{"token": "t"}))
		q := a.want("connect")
		if q.params["socket"] != s.id || shown(q.params["auth"]) != "map[token:t]" || q.params["recovered"] != false {
			t.Fatalf("got %v", q.params)
		}
		h := q.params["handshake"].(m)
		if shown(h["headers"]) != "map[host:here]" || shown(h["query"]) != "map[EIO:4]" || h["dialect"] != "EIO4" || shown(h["time"]) != "1000" {
			t.Fatalf("got %v", h)
		}
		a.answer(q, m{"rooms": []string{"r"}, "user": 42, "data": "d"})
		s.want(t, "accepted [r] 42 d")

		no := newSocket("/")
		l.connect(no, nil)
		a.fail(a.want("connect"), m{"code": "refused", "message": "not you", "data": 7})
		no.want(t, "refused not you 7")
	})
}

func TestConnect_whatever_is_no_answer_of_the_app_sends_the_client_away_to_come_back(t *testing.T) {
	for name, answer := range map[string]func(a *app, q frame){
		"a raising hook":       func(a *app, q frame) { a.fail(q, m{"code": "internal", "message": "secret"}) },
		"an unreadable answer": func(a *app, q frame) { a.answer(q, "yes") },
		"no answer":            func(*app, frame) {},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
				a := handler(t, l, m{"hooks": []string{"connect"}})
				s := newSocket("/")
				l.connect(s, nil)
				l.takeEvent(s, event("too early"))
				answer(a, a.want("connect"))
				s.want(t, "abandoned")
				l.takeEvent(s, event("too late"))
				a.silent()
			})
		})
	}
}

func TestConnect_without_a_hook_served_namespaces_are_open_in_mode_app(t *testing.T) {
	logger, out := logged()
	in(t, Config{Production: true, Logger: logger}, func(t *testing.T, l *Link, _ *fakeHub) {
		early := newSocket("/")
		l.connect(early, nil)
		early.untouched(t)
		handler(t, l, m{})
		early.want(t, "accepted [] - <nil>")
		for range 3 {
			s := newSocket("/")
			l.connect(s, nil)
			s.want(t, "accepted [] - <nil>")
		}
	})
	if n := countLines(out, "let in unasked"); n != 1 {
		t.Errorf("%d warnings, want 1: %s", n, out)
	}
}

func TestConnect_mode_ask_never_lets_in_unasked(t *testing.T) {
	in(t, Config{ConnectMode: ConnectAsk}, func(t *testing.T, l *Link, _ *fakeHub) {
		handler(t, l, m{})
		s := newSocket("/")
		l.connect(s, nil)
		s.untouched(t)
		pass(DefaultAppGrace)
		s.want(t, "abandoned")
	})
}

func TestConnect_mode_open_asks_nobody(t *testing.T) {
	in(t, Config{ConnectMode: ConnectOpen}, func(t *testing.T, l *Link, _ *fakeHub) {
		s := newSocket("/anything")
		l.connect(s, nil)
		s.want(t, "accepted [] - <nil>")
	})
}

func TestConnect_a_hook_that_was_declared_once_counts_for_ever(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		first := handler(t, l, m{"hooks": []string{"connect"}})
		first.nc.Close()
		bare := handler(t, l, m{})
		s := newSocket("/")
		l.connect(s, nil)
		s.untouched(t)
		hooked := handler(t, l, m{"hooks": []string{"connect"}})
		hooked.answer(hooked.want("connect"), m{})
		s.want(t, "accepted [] - <nil>")
		l.takeEvent(s, event("e"))
		l.takeEvent(newSocket("/"), event("e"))
		bare.want("event")
	})
}

func TestConnect_waits_for_a_worker_and_then_sends_the_client_away(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		lost, saved := newSocket("/"), newSocket("/")
		l.connect(lost, nil)
		pass(20 * time.Second)
		l.connect(saved, nil)
		pass(10 * time.Second)
		lost.want(t, "abandoned")
		pass(5 * time.Second)
		handler(t, l, m{})
		saved.want(t, "accepted [] - <nil>")
	})
}

func TestConnect_invalid_namespace_only_when_nobody_has_served_it_for_app_grace_while_workers_were_there(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		begin := time.Now()
		a := handler(t, l, m{"namespaces": []string{"/a", "/room-*"}})
		s := newSocket("/b")
		pass(10 * time.Second)
		l.connect(s, nil)
		s.want(t, "refused Invalid namespace <nil>")
		if waited := time.Since(begin); waited != DefaultAppGrace {
			t.Errorf("refused after %s, want %s", waited, DefaultAppGrace)
		}
		at := time.Now()
		s = newSocket("/b")
		l.connect(s, nil)
		s.want(t, "refused Invalid namespace <nil>")
		if time.Since(at) != 0 {
			t.Errorf("refused after %s, want at once", time.Since(at))
		}
		pattern := newSocket("/room-7")
		l.connect(pattern, nil)
		pattern.want(t, "accepted [] - <nil>")

		a.nc.Close() // now nobody is there: no refusal, but the way to come back
		synctest.Wait()
		s = newSocket("/b")
		l.connect(s, nil)
		s.want(t, "abandoned")

		handler(t, l, m{"namespaces": []string{"/c"}})
		pass(20 * time.Second)
		late := newSocket("/a") // not served, but workers are there for 20 s only
		l.connect(late, nil)
		late.untouched(t)
		handler(t, l, m{"namespaces": []string{"/a"}})
		late.want(t, "accepted [] - <nil>")
	})
}

func TestConnect_another_worker_is_asked_when_the_first_dies(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		workers := []*app{}
		for range 4 {
			workers = append(workers, handler(t, l, m{"hooks": []string{"connect"}}))
		}
		s := newSocket("/")
		l.connect(s, nil)
		asked := 0
		for len(workers) > 0 {
			for i, a := range workers {
				select {
				case f := <-a.frames:
					if f.Method != "connect" {
						t.Fatalf("got %q", f.Method)
					}
					asked++
					a.nc.Close()
					workers = append(workers[:i:i], workers[i+1:]...)
				case <-time.After(time.Second):
					continue
				}
				break
			}
			select {
			case got := <-s.happened:
				if got != "abandoned" || asked != maxConnectAttempts {
					t.Fatalf("%s after %d attempts", got, asked)
				}
				return
			case <-time.After(time.Second):
			}
		}
	})
}

func TestConnect_accepted_after_the_client_left_is_followed_by_its_disconnect(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"hooks": []string{"connect"}})
		s := newSocket("/")
		s.left = true
		s.onAccept = func() { l.disconnect(s, &ending{reason: "transport close", rooms: []string{"r"}}) }
		l.connect(s, nil)
		a.answer(a.want("connect"), m{"rooms": []string{"r"}})
		s.want(t, "accepted [r] - <nil>")
		a.answer(a.want("disconnect"), nil)
		a.silent()
	})
}

func TestConnect_accepted_too_late_is_followed_by_one_disconnect(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"hooks": []string{"connect"}})
		s := newSocket("/")
		l.connect(s, nil)
		q := a.want("connect")
		s.want(t, "abandoned")
		a.answer(q, m{"rooms": []string{"r"}, "user": "u", "data": 1})
		d := a.want("disconnect")
		if d.params["socket"] != s.id || shown(d.params["rooms"]) != "[r]" || d.params["user"] != "u" || d.params["reason"] != "forced close" {
			t.Fatalf("got %v", d.params)
		}
		a.answer(d, nil)
		s.untouched(t)
		a.silent()
	})
}
