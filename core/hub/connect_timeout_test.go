package hub

import (
	"testing"
	"testing/synctest"
	"time"

	"realtime/core/engine"
)

func TestConnectTimeout_closes_a_session_without_namespace(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets []string
		app     *fakeApp
		closed  int
	}{
		{"silent", nil, &fakeApp{}, 1},
		{"refused", []string{"0"}, &fakeApp{connect: func(s *Socket) { s.Refuse("no", nil) }}, 1},
		{"unanswered", []string{"0"}, &fakeApp{connect: func(*Socket) {}}, 1},
		{"joined", []string{"0"}, &fakeApp{}, 0},
		{"joined and left", []string{"0", "1"}, &fakeApp{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := open(New(Config{}, c.app))
				p.say(t, c.packets...)
				time.Sleep(DefaultConnectTimeout - 1) // of the bubble: fake time
				synctest.Wait()
				if len(p.session.closedWith()) != 0 {
					t.Error("closed too early")
				}
				time.Sleep(time.Nanosecond) // of the bubble: past the deadline
				synctest.Wait()
				if n := len(p.session.closedWith()); n != c.closed {
					t.Errorf("closed %d times, want %d", n, c.closed)
				}
			})
		})
	}
}

func TestConnectTimeout_ends_with_the_session(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(New(Config{}, &fakeApp{}))
		p.Closed(engine.TransportClose, "")
		time.Sleep(2 * DefaultConnectTimeout) // of the bubble: fake time
		synctest.Wait()
		if len(p.session.closedWith()) != 0 {
			t.Error("closed a session that is gone")
		}
	})
}
