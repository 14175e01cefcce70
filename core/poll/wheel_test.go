package poll

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// expirerFunc is an Expirer for tests.
type expirerFunc func(now time.Time)

func (f expirerFunc) Expired(now time.Time) { f(now) }

// startWheel runs a Wheel until the test ends, and returns what stops it earlier.
func startWheel(tb testing.TB) (w *Wheel, stop func()) {
	tb.Helper()
	w = NewWheel()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(stop)
	return w, stop
}

// checkLate fails unless now is at or at most a tick after the deadline.
func checkLate(tb testing.TB, deadline, now time.Time) {
	tb.Helper()
	if late := now.Sub(deadline); late < 0 || late > Tick {
		tb.Errorf("late by %v", late)
	}
}

func TestWheel_is_at_most_one_tick_late(t *testing.T) {
	for _, d := range []time.Duration{
		0, 1, Tick - 1, Tick, Tick + 1, 63 * Tick, 64 * Tick, 65 * Tick, 25 * time.Second, 45 * time.Second,
		4095 * Tick, 4096 * Tick, 4097 * Tick, time.Hour, 1000 * time.Hour, 100 * 365 * 24 * time.Hour,
	} {
		t.Run(d.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, stop := startWheel(t)
				defer stop()
				time.Sleep(12345 * time.Microsecond) // synctest's clock: off the ticks
				deadline := time.Now().Add(d)
				expired := make(chan time.Time, 1)
				var timer Timer
				timer.Init(expirerFunc(func(now time.Time) { expired <- now }))
				w.Set(&timer, deadline)
				now := <-expired
				checkLate(t, deadline, now)
				checkLate(t, deadline, time.Now())
			})
		})
	}
}

func TestWheel_takes_the_past_and_the_end_of_time(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, stop := startWheel(t)
		defer stop()
		expired := make(chan time.Time, 1)
		var past, future Timer
		past.Init(expirerFunc(func(now time.Time) { expired <- now }))
		future.Init(expirerFunc(func(time.Time) { t.Error("expired") }))
		w.Set(&future, time.Unix(1<<40, 0))
		time.Sleep(time.Hour)
		now := time.Now()
		w.Set(&past, time.Time{})
		checkLate(t, now, <-expired)
		w.Set(&past, now.Add(-time.Minute))
		<-expired
		checkLate(t, now.Add(Tick), time.Now())
	})
}

func TestWheel_without_timers_does_not_wake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, stop := startWheel(t)
		defer stop()
		synctest.Wait()
		w.mu.Lock()
		sleeping := w.sleeping
		w.mu.Unlock()
		if sleeping != never {
			t.Errorf("sleeps until %d", sleeping)
		}
		var timer Timer
		timer.Init(expirerFunc(func(time.Time) { t.Error("expired") }))
		w.Set(&timer, time.Now().Add(time.Minute))
		w.Stop(&timer)
		w.Stop(&timer)
		time.Sleep(time.Hour)
	})
}

func TestWheel_Set_from_Expired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, stop := startWheel(t)
		defer stop()
		var again, late, victim Timer
		var calls, lateCalls int
		done := make(chan struct{})
		again.Init(expirerFunc(func(now time.Time) {
			if calls++; calls == 100 {
				close(done)
				return
			}
			w.Set(&again, now.Add(33*time.Millisecond))
		}))
		// A timer that is always late must not keep the others waiting.
		late.Init(expirerFunc(func(now time.Time) {
			lateCalls++
			w.Stop(&victim)
			w.Set(&late, now.Add(-time.Second))
		}))
		victim.Init(expirerFunc(func(time.Time) { t.Error("a stopped timer expired") }))
		begin := time.Now()
		w.Set(&again, begin)
		w.Set(&victim, begin.Add(time.Second))
		w.Set(&late, begin)
		<-done
		if took := time.Since(begin); took < 99*33*time.Millisecond || took > 101*40*time.Millisecond {
			t.Errorf("100 calls took %v", took)
		}
		w.Stop(&late)
		if lateCalls < 99*3 {
			t.Errorf("%d calls of the late timer", lateCalls)
		}
	})
}

// oracle only remembers deadlines. The wheel and the test take turns, because time stands still while
// the test works, but only the lock tells the race detector.
type oracle struct {
	t      *testing.T
	mu     sync.Mutex
	calls  int
	timers []*modelTimer
}

type modelTimer struct {
	Timer
	oracle   *oracle
	set      bool
	deadline time.Time
}

func (m *modelTimer) Expired(now time.Time) {
	o := m.oracle
	o.mu.Lock()
	defer o.mu.Unlock()
	if !m.set {
		o.t.Error("a stopped timer expired")
	}
	m.set = false
	o.calls++
	checkLate(o.t, m.deadline, now)
}

// step sets or stops one timer at random, or returns for how long to let time pass.
func (o *oracle) step(w *Wheel, random *rand.Rand) (pause time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.timers[random.IntN(len(o.timers))]
	span := time.Duration(random.Int64N(1<<random.IntN(48)) + 1) // to 78 hours
	switch random.IntN(4) {
	case 0:
		m.set = false
		w.Stop(&m.Timer)
	case 1:
		return span
	default:
		m.set = true
		m.deadline = time.Now().Add(span)
		w.Set(&m.Timer, m.deadline)
	}
	return 0
}

// check fails for timers that should have expired.
func (o *oracle) check() {
	o.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.timers {
		if late := time.Since(m.deadline); m.set && late > Tick {
			o.t.Errorf("overdue by %v", late)
		}
	}
}

// TestWheel_against_a_model sets and stops timers at random, in ranges from less than a tick to days,
// and compares each expiry with its deadline.
func TestWheel_against_a_model(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			w, stop := startWheel(t)
			defer stop()
			random := rand.New(rand.NewPCG(seed, 0))
			o := &oracle{t: t}
			for range 200 {
				m := &modelTimer{oracle: o}
				m.Init(m)
				o.timers = append(o.timers, m)
			}
			for range 3000 {
				if pause := o.step(w, random); pause > 0 {
					time.Sleep(pause)
					synctest.Wait()
					o.check()
				}
			}
			time.Sleep(79 * time.Hour)
			synctest.Wait()
			o.check()
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.calls < 100 {
				t.Errorf("only %d calls", o.calls)
			}
		})
	}
}

func TestWheel_in_real_time(t *testing.T) {
	w, _ := startWheel(t)
	expired := make(chan time.Time, 1)
	var timer Timer
	timer.Init(expirerFunc(func(now time.Time) { expired <- now }))
	for _, d := range []time.Duration{0, 15 * time.Millisecond, 70 * time.Millisecond, 0} {
		deadline := time.Now().Add(d)
		w.Set(&timer, deadline)
		if now := receive(t, expired); now.Before(deadline) {
			t.Errorf("early by %v", deadline.Sub(now))
		}
	}
}

// TestWheel_from_many_goroutines is for the race detector: Set and Stop of shared timers, with expiries
// in between.
func TestWheel_from_many_goroutines(t *testing.T) {
	w, _ := startWheel(t)
	var expired atomic.Int64
	timers := make([]Timer, 64)
	for i := range timers {
		timers[i].Init(expirerFunc(func(now time.Time) {
			if expired.Add(1)%2 == 0 {
				w.Set(&timers[(i+1)%len(timers)], now.Add(Tick))
			}
		}))
	}
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(g, 0))
			for range 20000 {
				timer := &timers[random.IntN(len(timers))]
				if random.IntN(4) == 0 {
					w.Stop(timer)
				} else {
					w.Set(timer, time.Now().Add(time.Duration(random.IntN(3))*Tick))
				}
			}
		})
	}
	wg.Wait()
	for i := range timers {
		w.Set(&timers[i], time.Now())
	}
	before := expired.Load()
	eventually(t, "all timers expire", func() bool { return expired.Load() >= before+int64(len(timers)) })
}

func TestWheel_Set_without_Init_panics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewWheel().Set(&Timer{}, time.Now())
}
