package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"realtime/core/engine"
)

// gate is a floor above that pauses after every message until it is told to go on.
type gate struct {
	sessions chan *engine.Session
	got      chan string
	ended    chan string
	pauses   atomic.Bool
}

func newGate() *gate {
	g := &gate{make(chan *engine.Session, 1), make(chan string, 64), make(chan string, 1), atomic.Bool{}}
	g.pauses.Store(true)
	return g
}

func (g *gate) Open(s *engine.Session) engine.Client {
	g.sessions <- s
	return clientFunc{
		receive: func(data []byte, _ bool) engine.Flow {
			g.got <- string(data)
			if g.pauses.Load() {
				return engine.Pause
			}
			return engine.Continue
		},
		closed: func(r engine.Reason) { g.ended <- r.String() },
	}
}

func TestPause_websocket_delivers_nothing_until_resume_and_keeps_order(t *testing.T) {
	g := newGate()
	b := newBrowser(t, open(t, quiet, g))
	ws, _ := b.dial("EIO=4&transport=websocket")
	s := <-g.sessions
	for i := range 5 {
		say(t, ws, fmt.Sprintf("4%d", i))
	}
	for i := range 5 {
		if got := <-g.got; got != fmt.Sprint(i) {
			t.Fatalf("got %q, want %d", got, i)
		}
		if len(g.got) > 0 {
			t.Fatal("delivered while paused")
		}
		s.Resume()
	}
}

func TestPause_polling_holds_the_answer_of_the_post(t *testing.T) {
	g := newGate()
	b := newBrowser(t, open(t, quiet, g))
	sid := b.handshake()
	s := <-g.sessions
	post := later(func() reply { return b.post(sid, "4a\x1e4b\x1e4c") })
	for _, want := range []string{"a", "b", "c"} {
		if got := <-g.got; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		select {
		case r := <-post:
			t.Fatalf("answered while paused: %+v", r)
		default:
		}
		s.Resume()
	}
	(<-post).wants(t, 200, "ok")
	g.pauses.Store(false)
	b.post(sid, "4d").wants(t, 200, "ok")
}

func TestPause_resume_before_receive_has_returned(t *testing.T) {
	sessions := make(chan *engine.Session, 1)
	got := make(chan string, 4)
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		sessions <- s
		return clientFunc{
			receive: func(data []byte, _ bool) engine.Flow {
				got <- string(data)
				s.Resume()
				return engine.Pause
			},
			closed: func(engine.Reason) {},
		}
	})))
	ws, _ := b.dial("EIO=4&transport=websocket")
	say(t, ws, "4a")
	say(t, ws, "4b")
	if a, b := <-got, <-got; a+b != "ab" {
		t.Errorf("got %q %q", a, b)
	}
}

func TestPause_a_client_that_leaves_is_noticed(t *testing.T) {
	g := newGate()
	b := newBrowser(t, open(t, quiet, g))
	ws, _ := b.dial("EIO=4&transport=websocket")
	say(t, ws, "4a")
	<-g.got
	ws.Close()
	if got := <-g.ended; got != "transport close" {
		t.Errorf("reason %q", got)
	}
}

func TestPause_silence_is_not_counted_and_pings_go_on(t *testing.T) {
	cfg := engine.Config{PingInterval: 40 * time.Millisecond, PingTimeout: 40 * time.Millisecond}
	g := newGate()
	b := newBrowser(t, open(t, cfg, g))
	ws, _ := b.dial("EIO=4&transport=websocket")
	s := <-g.sessions
	_, _, _ = ws.ReadMessage() // the open packet
	say(t, ws, "4a")
	<-g.got
	for range 3 { // three pings, none of them answered: without the pause the second would be the end
		expect(t, ws, "2")
	}
	g.pauses.Store(false)
	s.Resume()
	say(t, ws, "3")
	say(t, ws, "4b")
	if got := <-g.got; got != "b" {
		t.Errorf("got %q", got)
	}
}

func TestSlowClient_is_closed_when_its_queue_is_full_and_others_are_not_held_up(t *testing.T) {
	cfg := quiet
	cfg.MaxQueueBytes = 64 << 10
	g := newGate()
	g.sessions = make(chan *engine.Session, 2)
	h := open(t, cfg, g)
	b := newBrowser(t, h)
	b.dial("EIO=4&transport=websocket") // never reads
	slow := <-g.sessions
	good, _ := b.dial("EIO=4&transport=websocket")
	other := <-g.sessions
	_, _, _ = good.ReadMessage()
	m := engine.NewBare(engine.EIO4, []byte(strings.Repeat("x", 32<<10)), false)
	for {
		slow.Send(m, false)
		h.engine.WaitBacklog(context.Background()) // as every publisher does
		select {
		case got := <-g.ended:
			if got != "transport error" {
				t.Errorf("reason %q", got)
			}
			other.Send(engine.NewBare(engine.EIO4, []byte("still here"), false), false)
			expect(t, good, "4still here")
			return
		default:
		}
	}
}

func TestVolatile_is_dropped_when_the_client_cannot_take_it(t *testing.T) {
	g := newGate()
	b := newBrowser(t, open(t, quiet, g))
	sid := b.handshake()
	s := <-g.sessions
	if s.Send(engine.NewBare(engine.EIO4, []byte("lost"), false), true) {
		t.Error("taken though no poll waits")
	}
	s.Send(engine.NewBare(engine.EIO4, []byte("kept"), false), false)
	b.poll(sid).wants(t, 200, "4kept")
}

func TestSend_after_close_is_dropped(t *testing.T) {
	g := newGate()
	b := newBrowser(t, open(t, quiet, g))
	ws, _ := b.dial("EIO=4&transport=websocket")
	s := <-g.sessions
	s.Send(engine.NewBare(engine.EIO4, []byte("last"), false), false)
	s.Close(engine.ForcedServerClose)
	if s.Send(engine.NewBare(engine.EIO4, []byte("late"), false), false) {
		t.Error("taken after the close")
	}
	_, _, _ = ws.ReadMessage()
	expect(t, ws, "4last")
	expectClose(t, ws, 1005)
}

func TestMessages_of_many_senders_never_interleave_within_a_group(t *testing.T) {
	g := newGate()
	b := newBrowser(t, open(t, quiet, g))
	ws, _ := b.dial("EIO=4&transport=websocket")
	s := <-g.sessions
	_, _, _ = ws.ReadMessage()
	const senders, each = 8, 200
	for i := range senders {
		go func() {
			for range each {
				s.Send(engine.NewMessage(engine.EIO4, fmt.Appendf(nil, "%d", i), [][]byte{{byte(i)}}), false)
			}
		}()
	}
	for range senders * each {
		_, text, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		_, attachment, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("4%d", attachment[0]) != string(text) {
			t.Fatalf("text %q is followed by the attachment of %d", text, attachment[0])
		}
	}
}

func TestPanic_in_the_floor_above_costs_one_session(t *testing.T) {
	ended := make(chan string, 1)
	var calls atomic.Int64
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		return clientFunc{
			receive: func(data []byte, _ bool) engine.Flow {
				if calls.Add(1) == 1 {
					panic("boom")
				}
				s.Send(engine.NewBare(engine.EIO4, data, false), false)
				return engine.Continue
			},
			closed: func(r engine.Reason) { ended <- r.String() },
		}
	})))
	first, _ := b.dial("EIO=4&transport=websocket")
	second, _ := b.dial("EIO=4&transport=websocket")
	say(t, first, "4x")
	expectClose(t, first, 1005)
	if got := <-ended; got != "forced close" {
		t.Errorf("reason %q", got)
	}
	_, _, _ = second.ReadMessage()
	say(t, second, "4x")
	expect(t, second, "4x")
}

func TestEnd_during_a_delivery_that_fails_is_told(t *testing.T) {
	ended := make(chan string, 1)
	var h *house
	h = open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		return clientFunc{
			receive: func([]byte, bool) engine.Flow {
				s.Close(engine.ForcedServerClose)
				until(func() bool { return h.engine.Count() == 0 })
				panic("boom")
			},
			closed: func(r engine.Reason) { ended <- r.String() },
		}
	}))
	ws, _ := newBrowser(t, h).dial("EIO=4&transport=websocket")
	say(t, ws, "4x")
	expectClose(t, ws, 1005)
	select {
	case got := <-ended:
		if got != "forced server close" {
			t.Errorf("reason %q", got)
		}
	case <-time.After(time.Minute):
		t.Error("the floor above has not heard of the end")
	}
}

func TestWebSocket_violations_are_answered_with_their_code(t *testing.T) {
	cfg := quiet
	cfg.MaxPayload = 1000
	e := newEcho()
	b := newBrowser(t, open(t, cfg, e))
	for _, c := range []struct {
		name, text, reason string
		code               int
	}{
		{"too big", "4" + strings.Repeat("x", 1000), "transport error", 1009},
		{"not UTF-8", "4\xff", "transport error", 1007},
		{"unknown packet type", "abc", "parse error", 1005},
		{"a ping from the client", "2", "transport error", 1005},
	} {
		t.Run(c.name, func(t *testing.T) {
			ws, _ := b.dial("EIO=4&transport=websocket")
			say(t, ws, c.text)
			expectClose(t, ws, c.code)
			if got := <-e.ended; got != c.reason {
				t.Errorf("reason %q, want %q", got, c.reason)
			}
		})
	}
}
