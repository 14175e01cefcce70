package link

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

func TestEmit_in_every_form(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, h *fakeHub) {
		h.emit = func(e hub.Emit) error {
			switch {
			case e.Event == "connect":
				return &hub.Error{Code: hub.CodeReservedEvent, Message: "reserved"}
			case e.Event == "select" && (e.Namespace != "/n" || !e.Restricted || len(e.To) != 0 || !slices.Equal(e.Except, []string{"x"})):
				t.Errorf("got %+v", e)
			case e.Event == "everyone" && (e.Namespace != "/" || e.Restricted):
				t.Errorf("got %+v", e)
			}
			return nil
		}
		a := connectApp(t, l)
		a.greet("emitter", nil)
		a.notify("emit", m{"event": "everyone"})
		a.notify("emit", m{"event": "select", "namespace": "/n", "to": []string{}, "except": []string{"x"}})
		if got := a.result("emit", m{"event": "asked", "id": "i"}); shown(got) != "map[id:i]" {
			t.Errorf("got %v", got)
		}
		if got := a.result("emit", m{"event": "unnamed"}).(m)["id"]; got == nil || got == "" {
			t.Errorf("got id %v", got)
		}
		if code := a.refused("emit", m{"event": "connect"}); code != "reserved_event" {
			t.Errorf("got %s", code)
		}
		a.notify("emit", m{"event": "connect", "id": "j"})
		if r := a.want("rejected"); r.params["id"] != "j" || r.params["code"] != "reserved_event" {
			t.Errorf("got %v", r.params)
		}
		a.notify("emit", m{"args": 1})
		if r := a.want("rejected"); r.params["code"] != "invalid" || r.params["id"] != nil {
			t.Errorf("got %v", r.params)
		}
		if got := h.emitted(); got != "everyone select asked unnamed" {
			t.Errorf("got %q", got)
		}
		if st := l.Stats(); st.Rejected != 3 || st.Emits != 4 {
			t.Errorf("%+v", st)
		}
	})
}

func TestEmit_as_a_request_is_recognised_when_it_comes_again(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, h *fakeHub) {
		fail := true
		h.emit = func(hub.Emit) error {
			if fail {
				return &hub.Error{Code: hub.CodeTooLarge}
			}
			return nil
		}
		for range 2 { // from two processes, even
			a := connectApp(t, l)
			a.greet("emitter", nil)
			if fail {
				a.refused("emit", m{"event": "e", "id": "1"}) // a refusal is not remembered
				fail = false
			}
			a.result("emit", m{"event": "e", "id": "1"})
			a.result("batch", m{"id": "2", "emits": []m{{"event": "b"}, {"event": "c", "id": "3"}}})
			a.result("batch", m{"emits": []m{{"event": "c", "id": "3"}}})
		}
		if got := h.emitted(); got != "e b c" {
			t.Errorf("got %q", got)
		}
		pass(DefaultRememberTime)
		a := connectApp(t, l)
		a.greet("emitter", nil)
		a.result("emit", m{"event": "e", "id": "1"})
		if got := h.emitted(); got != "e b c e" {
			t.Errorf("got %q", got)
		}
	})
}

func TestBatch_is_taken_or_refused_as_a_whole(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, h *fakeHub) {
		h.check = func(e hub.Emit) error {
			if e.Event == "bad" {
				return &hub.Error{Code: hub.CodeTooLarge, Message: "too large"}
			}
			return nil
		}
		a := connectApp(t, l)
		a.greet("emitter", nil)
		emits := []m{{"event": "good"}, {"event": "bad"}}
		if code := a.refused("batch", m{"emits": emits}); code != "too_large" {
			t.Errorf("got %s", code)
		}
		a.notify("batch", m{"emits": emits, "id": "b"})
		if r := a.want("rejected"); r.params["id"] != "b" || r.params["message"] != "emit 1 of the batch: too large" {
			t.Errorf("got %v", r.params)
		}
		a.notify("batch", m{"emits": []m{{"event": "1"}, {"event": "2"}}})
		a.result("stats", m{})
		if got := h.emitted(); got != "1 2" {
			t.Errorf("got %q", got)
		}
	})
}

func TestCall_answers_wait_alone_and_too_many_are_busy(t *testing.T) {
	in(t, Config{Window: 2}, func(t *testing.T, l *Link, h *fakeHub) {
		var finish []func(hub.CallResult)
		h.call = func(e hub.Emit, d time.Duration, done func(hub.CallResult)) error {
			if e.Event == "wrong" {
				return &hub.Error{Code: hub.CodeInvalid}
			}
			if d != 5*time.Second {
				t.Errorf("timeout %s", d)
			}
			finish = append(finish, done)
			return nil
		}
		a := connectApp(t, l)
		a.greet("emitter", nil)
		first := a.ask("call", m{"event": "q", "timeout": 5000})
		second := a.ask("call", m{"event": "q", "timeout": 5000})
		if code := a.refused("call", m{"event": "q", "timeout": 5000}); code != "busy" {
			t.Errorf("got %s", code)
		}
		a.result("count", m{}) // others are answered meanwhile
		finish[1](hub.CallResult{
			Acks: []hub.SocketAck{{Socket: "s", Args: pack([]int{1})}}, Expected: 3, Gone: []string{"g"}, TimedOut: true,
		})
		got := unpack(a.response(second).Result)
		if shown(got) != "map[acks:[[s [1]]] expected:3 gone:[g] timed_out:true]" {
			t.Errorf("got %v", got)
		}
		finish[0](hub.CallResult{})
		a.response(first)
		if code := a.refused("call", m{"event": "wrong", "timeout": 5000}); code != "invalid" {
			t.Errorf("got %s", code)
		}
		if code := a.refused("call", m{"event": "q"}); code != "invalid" {
			t.Errorf("got %s", code)
		}
	})
}

func TestCall_with_an_id_that_is_unanswered_ends_the_connection(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, h *fakeHub) {
		h.call = func(hub.Emit, time.Duration, func(hub.CallResult)) error { return nil }
		a := connectApp(t, l)
		a.greet("emitter", nil)
		a.ask("call", m{"event": "q", "timeout": 5000})
		a.id--
		a.ask("call", m{"event": "q", "timeout": 5000})
		if reason := a.closed(); !strings.Contains(reason, "unanswered") {
			t.Errorf("reason %q", reason)
		}
	})
}

func TestSelections_and_lists(t *testing.T) {
	in(t, Config{MaxFrame: 4096}, func(t *testing.T, l *Link, h *fakeHub) {
		var seen []string
		h.selected = func(what string, s hub.Select, rooms []string) (int, error) {
			seen = append(seen, fmt.Sprintf("%s %s %v %v %v", what, s.Namespace, s.To, s.Restricted, rooms))
			return 3, nil
		}
		h.set = func(socket string, data []byte, user *string) error {
			seen = append(seen, fmt.Sprintf("set %s %x %v", socket, data, user == nil))
			return hub.ErrGone
		}
		for i := range 100 {
			id := fmt.Sprintf("socket-%03d", i)
			h.socketList = append(h.socketList, hub.SocketInfo{ID: id, ConnectedAt: time.UnixMilli(1)})
			h.roomList = append(h.roomList, hub.RoomSize{Room: strings.Repeat(id, 10), Sockets: 1})
		}
		a := connectApp(t, l)
		a.greet("admin", nil)
		to := []string{"r"}
		for method, params := range map[string]m{
			"join": {"to": to, "rooms": to}, "leave": {"all": true, "rooms": to},
			"disconnect": {"to": to, "close": true}, "count": {"namespace": "/n"},
		} {
			if got := a.result(method, params); shown(got) != "map[count:3]" {
				t.Errorf("%s: got %v", method, got)
			}
		}
		if code := a.refused("set", m{"socket": "s", "data": nil}); code != "gone" {
			t.Errorf("got %s", code)
		}
		if code := a.refused("disconnect", m{}); code != "invalid" {
			t.Errorf("got %s", code)
		}
		slices.Sort(seen)
		want := []string{
			"count /n [] false []", "disconnect sessions / [r] true []", "join / [r] true [r]", "leave / [] false [r]", "set s c0 true",
		}
		if !slices.Equal(seen, want) {
			t.Errorf("got %q, want %q", seen, want)
		}
		page := a.result("sockets", m{}).(m)
		list := page["sockets"].([]any)
		if page["truncated"] != true || len(list) == 0 || page["next"] != list[len(list)-1].(m)["id"] {
			t.Errorf("%d sockets, truncated %v, next %v", len(list), page["truncated"], page["next"])
		}
		if rooms := a.result("rooms", m{}).(m); rooms["truncated"] != true || len(rooms["rooms"].(m)) == 0 {
			t.Errorf("rooms: %v", rooms)
		}
		if code := a.refused("frobnicate", m{}); code != "unknown_method" {
			t.Errorf("got %s", code)
		}
		a.notify("frobnicate", m{})
		if got := a.result("stats", m{}).(m); shown(got["workers"]) != "1" || got["encodings_eio4"] == nil {
			t.Errorf("stats: %v", got)
		}
	})
}

func TestServerEmit_reaches_every_handler_in_order_also_busy_ones(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a, b := handler(t, l, m{"window": 1}), handler(t, l, m{"namespaces": []string{"/other"}})
		e := connectApp(t, l) // a job, say
		e.greet("emitter", nil)
		e.result("server_emit", m{"event": "1", "args": []int{7}})
		e.notify("server_emit", m{"event": "2"})
		f := a.want("server_event")
		if f.params["event"] != "1" || shown(f.params["args"]) != "[7]" || f.params["namespace"] != "/" {
			t.Errorf("got %v", f.params)
		}
		b.want("server_event")
		b.want("server_event")
		a.silent()
		a.answer(f, nil)
		a.want("server_event")
		e.silent()
	})
}

func TestServerEmit_does_not_come_back_to_its_sender(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a, b := handler(t, l, nil), handler(t, l, nil)
		a.result("server_emit", m{"event": "prices"})
		b.want("server_event")
		b.notify("server_emit", m{"event": "thanks"})
		a.want("server_event")
		a.silent()
		b.silent()
	})
}

func TestWindow_changes_and_counts_every_request(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"window": 1})
		for range 4 {
			l.takeEvent(newSocket("/"), event("e"))
		}
		first := a.want("event")
		a.silent()
		a.notify("window", m{"size": 3})
		a.want("event")
		a.want("event")
		a.silent()
		a.notify("window", m{"size": 0})
		a.answer(first, nil)
		a.silent()
	})
}

func TestRouting_newest_generation_then_least_loaded(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		old := handler(t, l, m{"generation": "1", "window": 10})
		large := handler(t, l, m{"generation": "2", "window": 4})
		small := handler(t, l, m{"generation": "2", "window": 2})
		for range 8 {
			l.takeEvent(newSocket("/"), event("e"))
			synctest.Wait()
		}
		if len(large.frames) != 4 || len(small.frames) != 2 || len(old.frames) != 2 {
			t.Errorf("large %d, small %d, old %d", len(large.frames), len(small.frames), len(old.frames))
		}
	})
}

func TestDrain_of_a_worker_its_answer_is_the_last_thing(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{})
		s := newSocket("/")
		l.takeEvent(s, asking("held", 1))
		held := a.want("event")
		a.result("drain", m{})
		l.takeEvent(newSocket("/"), event("waits"))
		a.silent()
		b := handler(t, l, m{})
		b.want("event")
		a.answer(held, []any{})
		s.want(t, "ack 1 []")
		a.notify("bye", m{"reason": "restart"})
		a.nc.Close()
		a.closed()
	})
}

func TestDrain_and_bye_of_the_sidecar(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, h *fakeHub) {
		a := handler(t, l, m{})
		synctest.Wait() // until it is known to be there: who comes later is not asked to come again
		l.Drain("a new version")
		if f := a.want("drain"); f.Kind != rpc.Notification || f.params["reason"] != "a new version" {
			t.Errorf("got %v", f)
		}
		h.stop()
		a.want("bye")
		a.closed()
	})
}

func TestFlush_waits_for_what_workers_can_take(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		if err := l.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		a := handler(t, l, m{})
		l.disconnect(newSocket("/"), &ending{reason: "server shutting down"})
		done := make(chan error, 1)
		go func() { done <- l.Flush(t.Context()) }()
		f := a.want("disconnect")
		synctest.Wait()
		if len(done) != 0 {
			t.Error("flushed too early")
		}
		a.answer(f, nil)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
