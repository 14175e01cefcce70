package proxy

import (
	"errors"
	"math"
	"sync"
	"time"
)

// watchAfter is how long the app may work before its client is watched. Watching costs system calls,
// and most answers come sooner.
const watchAfter = 75 * time.Millisecond

var errHeaderTimeout = errors.New("app did not begin its answer in time")

// alarm rings for an exchange that takes long: first to have the client watched, then when the app
// has not begun its answer in time. One timer does both, and most are stopped before they ring and
// used again; net/http's own timer for the answer would be made anew for every request.
type alarm struct {
	timer *time.Timer
	x     *exchange // set before the timer is
}

var alarms = sync.Pool{New: func() any {
	a := new(alarm)
	a.timer = time.AfterFunc(math.MaxInt64, func() { a.x.takesLong(a.timer) })
	a.timer.Stop()
	return a
}}

func setAlarm(x *exchange) *alarm {
	a := alarms.Get().(*alarm)
	a.x = x
	first := watchAfter
	if limit := x.p.cfg.ResponseHeaderTimeout; limit > 0 {
		first = min(first, limit)
	}
	a.timer.Reset(first)
	return a
}

// takesLong runs on the timer's goroutine.
func (x *exchange) takesLong(timer *time.Timer) {
	if !x.alarmed.enter(nil) {
		return
	}
	defer x.alarmed.leave()
	x.rang = true
	if w := x.p.cfg.Watcher; w != nil && x.stopWatch == nil {
		x.stopWatch = w.Watch(bare(x.ctx.Conn()), func() { x.cancel(errClientLeft) })
	}
	limit := x.p.cfg.ResponseHeaderTimeout
	if limit <= 0 || x.answered.Load() {
		return
	}
	if left := limit - x.waited(); left > 0 {
		timer.Reset(left)
		return
	}
	x.cancel(errHeaderTimeout)
}

// waited is how long the app has had the whole request.
func (x *exchange) waited() time.Duration {
	asked := x.asked.Load()
	if asked == 0 {
		return 0
	}
	since := time.Unix(0, asked)
	if x.body != nil {
		ended := x.body.endedAt.Load()
		if ended == nil {
			return 0
		}
		since = *ended
	}
	return time.Since(since)
}

// silence stops the alarm and what it has begun. An alarm that has rung is not used again: its
// goroutine may still be on its way here.
func (x *exchange) silence() {
	if x.alarm == nil {
		return
	}
	a := x.alarm
	x.alarm = nil
	stopped := a.timer.Stop()
	x.alarmed.shut(nil)
	if stopped && !x.rang {
		a.x = nil
		alarms.Put(a)
		return
	}
	a.timer.Stop() // it may have set itself again meanwhile
	if x.stopWatch != nil {
		x.stopWatch()
	}
}
