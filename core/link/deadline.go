package link

import (
	"container/heap"
	"context"
	"time"
)

// deadlines are the tasks that something happens to at a time, soonest first. Link.mu guards them.
type deadlines []*task

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].due.Before(d[j].due) }

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].heapIndex, d[j].heapIndex = i, j
}

// Push and Pop are for container/heap alone.
func (d *deadlines) Push(x any) {
	t := x.(*task)
	t.heapIndex = len(*d)
	*d = append(*d, t)
}

// Pop takes off the last.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	t := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	t.heapIndex = -1
	return t
}

// setDue gives t a deadline, its only one. The caller holds l.mu.
func (l *Link) setDue(t *task, at time.Time) {
	t.due = at
	if t.heapIndex >= 0 {
		heap.Fix(&l.deadlines, t.heapIndex)
	} else {
		heap.Push(&l.deadlines, t)
	}
	// Not for each that becomes the first: under light load that is every event, and would cost a
	// third hand-off. The watcher looks again when it wakes.
	if at.Before(l.watchesAt) {
		wake(l.sooner)
	}
}

// clearDue takes t's deadline away. The caller holds l.mu.
func (l *Link) clearDue(t *task) {
	if t.heapIndex >= 0 {
		heap.Remove(&l.deadlines, t.heapIndex)
	}
}

// watch gives up what is due until ctx ends. While nothing is due it sleeps.
func (l *Link) watch(ctx context.Context) {
	timer := time.NewTimer(l.expire())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.sooner:
		case <-timer.C:
		}
		timer.Reset(l.expire())
	}
}

// expire gives up what is due now and returns how long nothing more will be.
func (l *Link) expire() time.Duration {
	const batch = 256 // so that others get the lock in between
	const idle = time.Hour
	wait := time.Duration(0)
	for wait == 0 {
		l.update(func(s *steps) {
			now := time.Now()
			for range batch {
				left := idle
				if len(l.deadlines) > 0 {
					left = min(left, l.deadlines[0].due.Sub(now))
				}
				if len(l.expiries) > 0 {
					left = min(left, l.expiries[0].at.Sub(now))
				}
				if left > 0 {
					wait, l.watchesAt = left, now.Add(left)
					return
				}
				l.giveUpFirst(s, now)
			}
		})
	}
	return wait
}

// giveUpFirst does what is due, of which there is something. The caller holds l.mu.
func (l *Link) giveUpFirst(s *steps, now time.Time) {
	if len(l.deadlines) > 0 && !l.deadlines[0].due.After(now) {
		first := l.deadlines[0]
		l.clearDue(first)
		l.overdue(s, first, now)
		return
	}
	over := l.expiries[0].socket
	l.dropExpiry(over)
	l.counters.expired.Add(1)
	s.expired = append(s.expired, over)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
