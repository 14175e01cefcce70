package link

import (
	"sync"
	"time"
)

// steps are what follows from a change of the routing and must not be done under the lock. They
// are done in this order.
type steps struct {
	drops    [dropReasons]int
	unasked  string // the namespace to warn about
	unhooked string // a namespace whose hook is gone, to warn about
	// secretsDropped says to warn that the app has brought more secrets than are tried.
	secretsDropped bool
	forgets        []*task // events that will never be acked
	resumes        []socket
	abandons       []abandoned
	refusals       []*task // connects to a namespace that nobody serves
	judges         []*task // connects whose tokens are to be verified
	accepts        []*task // connects that need not be asked
	expired        []socket
	gives          []*task
}

type abandoned struct {
	socket socket
	why    string
	failed bool // the app was there, and failed
}

// emptied makes s ready for its next use. It keeps the lists' memory and none of what was in them.
func (s *steps) emptied() *steps {
	for _, list := range []*[]*task{&s.forgets, &s.refusals, &s.judges, &s.accepts, &s.gives} {
		clear(*list)
		*list = (*list)[:0]
	}
	clear(s.resumes)
	clear(s.expired)
	clear(s.abandons)
	s.drops, s.unasked, s.unhooked, s.secretsDropped = [dropReasons]int{}, "", "", false
	s.resumes, s.abandons, s.expired = s.resumes[:0], s.abandons[:0], s.expired[:0]
	return s
}

// stepLists are borrowed for one update each: there are two or three for every event.
var stepLists = sync.Pool{New: func() any { return new(steps) }}

// update changes the routing under the lock and does what follows from it.
func (l *Link) update(change func(s *steps)) {
	s := stepLists.Get().(*steps)
	l.locked(s, change)
	l.do(s)
	stepLists.Put(s.emptied())
}

func (l *Link) locked(s *steps, change func(s *steps)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(s)
}

func (l *Link) do(s *steps) {
	l.report(s)
	for _, t := range s.forgets {
		l.forgetAck(t)
	}
	for _, socket := range s.resumes {
		socket.Resume()
	}
	for _, a := range s.abandons {
		a.socket.Abandon(a.why, a.failed)
	}
	for _, t := range s.refusals {
		t.lane.socket.Refuse(invalidNamespace, nil)
	}
	for _, t := range s.judges {
		l.judge(t)
	}
	for _, t := range s.accepts {
		l.admitUnasked(t)
	}
	for _, socket := range s.expired {
		socket.Expire()
	}
	for _, t := range s.gives {
		l.hand(t)
	}
}

// hand gives a task to the worker that was chosen for it.
func (l *Link) hand(t *task) {
	l.mu.Lock()
	w, attempt := t.worker, t.attempt
	l.mu.Unlock()
	switch w.give(t, attempt) {
	case handed:
	case closedNow:
		l.update(func(s *steps) {
			w.load--
			l.retire(s, w) // or it would be chosen again
			if t.progress == given && t.worker == w {
				l.returnToWaiting(s, t)
			}
		})
	case tooLarge:
		l.counters.oversized.Add(1)
		l.log.Warn("dropped a request to the app: it does not fit in a frame", "kind", t.kind, "id", t.id)
		l.forgetAck(t)
		l.update(func(s *steps) { l.dropGiven(s, t) })
	}
}

// dropGiven ends a task that was chosen for a worker and can never be sent.
func (l *Link) dropGiven(s *steps, t *task) {
	t.worker.load--
	switch {
	case t.progress != given || t.kind == serverEventing:
		return
	case t.kind == connecting:
		t.progress = settling
		l.abandon(s, t, "the question does not fit in a frame", true)
		return
	}
	l.settled(s, t)
}

// pump gives what waits in a namespace as long as there are workers for it. The caller holds l.mu.
func (l *Link) pump(s *steps, n *namespace) {
	for k := range n.queues {
		queue := &n.queues[k]
		for queue.Len() > 0 {
			ln := queue.Front().Value.(*lane)
			t := ln.tasks[0]
			if t.kind == connecting && l.mayEnterUnasked(s, n) {
				l.unqueue(ln)
				l.clearDue(t)
				t.progress = settling
				s.accepts = append(s.accepts, t)
				continue
			}
			w := l.choose(n, t.kind)
			if w == nil {
				break
			}
			l.unqueue(ln)
			l.leaveWaiting(s, t)
			t.progress, t.worker = given, w
			w.load++
			l.turn++
			w.turn = l.turn
			l.setDue(t, time.Now().Add(l.patience(t.kind)))
			s.gives = append(s.gives, t)
		}
	}
}

func (l *Link) patience(k kind) time.Duration {
	if k == connecting {
		return l.cfg.ConnectTimeout
	}
	return l.cfg.HandlerTimeout
}

// pumpAll is for when room has appeared. The caller holds l.mu.
func (l *Link) pumpAll(s *steps) {
	for n := range l.hungry {
		l.pump(s, n)
	}
}

// choose returns the worker that should get the next task of a kind, or nil if none has room:
// newest generation first, then least loaded, then the one whose turn was longest ago. A connect
// needs a worker with the hook. A disconnect prefers those with its hook, if there are any: a
// process of an older deploy would do nothing with it.
func (l *Link) choose(n *namespace, k kind) *worker {
	hooks := k == connecting
	for _, w := range n.workers {
		hooks = hooks || k == disconnecting && w.hello.DisconnectHook
	}
	var best *worker
	for _, w := range n.workers {
		switch {
		case w.load >= w.window:
		case hooks && !w.hasHook(k):
		case best == nil || w.before(best):
			best = w
		}
	}
	return best
}

func (w *worker) hasHook(k kind) bool {
	if k == connecting {
		return w.hello.ConnectHook
	}
	return w.hello.DisconnectHook
}

func (w *worker) before(o *worker) bool {
	if w.generation.order != o.generation.order {
		return w.generation.order > o.generation.order
	}
	// load / window, without dividing
	if a, b := w.load*o.window, o.load*w.window; a != b {
		return a < b
	}
	return w.turn < o.turn
}

// settled ends the first task of a lane and brings the lane forward. The caller holds l.mu.
func (l *Link) settled(s *steps, t *task) {
	l.remove(s, t)
	l.move(s, t.lane)
}

// overdue is what happens to a task at its deadline. The caller holds l.mu and has cleared it.
func (l *Link) overdue(s *steps, t *task, now time.Time) {
	switch {
	case t.kind == connecting:
		l.connectOverdue(s, t, now)
	case t.progress == given:
		l.counters.timeouts.Add(1)
		s.forgets = append(s.forgets, t)
		if t.kind != serverEventing {
			l.settled(s, t)
		}
	case t.kind == eventing:
		l.eventOverdue(s, t, now)
	}
}
