package link

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// wantAfter checks that nothing happens for this long, and then this.
func (s *fakeSocket) wantAfter(t *testing.T, d time.Duration, what string) {
	t.Helper()
	began := time.Now()
	got := <-s.happened
	// Tokens count in whole seconds.
	if waited := time.Since(began); got != what || waited > d || waited < d-time.Second {
		t.Fatalf("got %q after %s, want %q after %s", got, waited, what, d)
	}
}

func TestExpiry_closes_when_the_app_said(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, hooked())
		s := comes(l, nil)
		a.answer(a.want("connect"), m{"expires": time.Now().Add(time.Hour).UnixMilli()})
		s.want(t, "accepted [] - <nil>")
		s.wantAfter(t, time.Hour, "expired")

		past := comes(l, nil)
		a.answer(a.want("connect"), m{"expires": 1})
		past.want(t, "accepted [] - <nil>")
		past.want(t, "expired")

		// The earlier of the token's end and the app's counts.
		both := comes(l, m{"token": passFor(nil)})
		a.answer(a.want("connect"), m{"expires": time.Now().Add(10 * time.Second).UnixMilli()})
		both.want(t, "accepted [] - <nil>")
		both.wantAfter(t, 10*time.Second, "expired")
	})
}

func TestExpiry_of_many_is_one_heap_and_forgets_who_has_left(t *testing.T) {
	in(t, Config{ConnectMode: ConnectToken}, func(t *testing.T, l *Link, _ *fakeHub) {
		emitter(t, l, keyed(nil))
		const many = 2000
		before := runtime.NumGoroutine()
		sockets := make([]*fakeSocket, many)
		for i := range sockets {
			end := time.Now().Add(time.Minute + time.Duration(i%10)*time.Second).Unix()
			sockets[i] = comes(l, m{"token": passFor(m{"exp": end})})
			sockets[i].want(t, "accepted []  <nil>")
		}
		if now := runtime.NumGoroutine(); now > before+1 {
			t.Errorf("%d goroutines for %d sockets", now-before, many)
		}
		for _, s := range sockets[:many/2] {
			l.disconnect(s, &ending{reason: "transport close"})
		}
		if n := l.expiring(); n != many/2 {
			t.Errorf("%d are remembered, want %d", n, many/2)
		}
		for _, s := range sockets[many/2:] {
			s.want(t, "expired")
		}
		for _, s := range sockets[:many/2] {
			s.untouched(t)
		}
		if n := l.expiring(); n != 0 {
			t.Errorf("%d are still remembered", n)
		}
	})
}

func TestExpiry_of_a_socket_that_left_before_it_was_in_leaves_nothing(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, hooked())
		s := newSocket("/")
		s.left = true
		l.connect(s, nil)
		a.answer(a.want("connect"), m{"expires": time.Now().Add(time.Hour).UnixMilli()})
		s.want(t, "accepted [] - <nil>")
		synctest.Wait()
		if n := l.expiring(); n != 0 {
			t.Errorf("%d are remembered", n)
		}
	})
}

func (l *Link) expiring() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.expiries) != len(l.expiryOf) {
		panic("the heap and its index differ")
	}
	return len(l.expiries)
}
