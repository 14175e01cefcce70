package link

import (
	"testing"
	"testing/synctest"
	"time"

	"realtime/core/protocol/rpc"
)

func TestHello_result(t *testing.T) {
	in(t, Config{Node: "web-1", Version: "1.2.3"}, func(t *testing.T, l *Link, _ *fakeHub) {
		got := connectApp(t, l).greet("emitter", m{"features": []string{"future"}})
		want := m{
			"protocol": 1, "features": []any{}, "node": "web-1", "boot": "boot", "server": "realtime 1.2.3",
			"max_frame": rpc.MaxFrame, "window": 1024, "heartbeat": 25000,
			"limits": m{"payload": 1000, "attachments": 10, "rooms": 10, "name": 100},
		}
		if shown(got) != shown(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestHello_refusals_close_the_connection(t *testing.T) {
	for _, c := range []struct {
		name, method, code string
		params             m
	}{
		{"no common version", "hello", "version", m{"protocol": []int{2, 3}, "role": "emitter"}},
		{"no role", "hello", "invalid", m{"protocol": []int{1, 1}}},
		{"an expression that is none", "hello", "invalid", m{
			"protocol": []int{1, 1}, "role": "handler", "expressions": []string{"/a)|(/b"}, "token": "secret",
		}},
		{"wrong token", "hello", "unauthorized", m{"protocol": []int{1, 1}, "role": "emitter", "token": "x"}},
		{"another method first", "stats", "unauthorized", m{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, Config{Token: "secret"}, func(t *testing.T, l *Link, _ *fakeHub) {
				a := connectApp(t, l)
				if code := a.refused(c.method, c.params); code != c.code {
					t.Errorf("got %s, want %s", code, c.code)
				}
				a.closed()
			})
		})
	}
}

func TestHello_in_time_and_small(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		begin := time.Now()
		a := connectApp(t, l)
		a.sendRaw([]byte{0, 0}) // bytes do not prolong it
		a.closed()
		if waited := time.Since(begin); waited != DefaultHelloTimeout {
			t.Errorf("closed after %s", waited)
		}
		b := connectApp(t, l)
		b.sendRaw([]byte{0, 1, 0, 1})
		b.closed()
		synctest.Wait()
		if time.Since(begin) != DefaultHelloTimeout || l.Stats().Broken != 1 {
			t.Errorf("a large hello: closed after %s, %+v", time.Since(begin), l.Stats())
		}
	})
}
