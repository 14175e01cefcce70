package link

import (
	"container/list"
	"fmt"
	"slices"
	"time"

	"realtime/core/protocol/rpc"
)

const (
	// maxDeclared is how many different patterns all workers since the start may have named. They
	// are kept, since a hook that was declared once counts for ever.
	maxDeclared = 4096

	// idleNamespaces are kept while nothing is pending in them, so that the next event need not
	// match the patterns again.
	idleNamespaces = 1024
)

// A declaration is one pattern that a worker has named in its hello. Link.mu guards it.
type declaration struct {
	pattern
	workers     int       // that serve it now
	lastServed  time.Time // when the last of them went
	connectHook bool      // declared by any of them since this start
}

// A namespace is what the router knows of one in which something is pending. Link.mu guards it.
type namespace struct {
	name    string
	workers []*worker // handlers that take new work in it
	hooked  bool      // some worker that served it has, or had, a connect hook
	lanes   int
	queues  [kinds]list.List // of *lane whose first task waits, by its kind
}

func (n *namespace) hasQueued() bool {
	for i := range n.queues {
		if n.queues[i].Len() > 0 {
			return true
		}
	}
	return false
}

// namespaceOf returns the namespace of this name. The caller holds l.mu.
func (l *Link) namespaceOf(name string) *namespace {
	n := l.namespaces[name]
	if n == nil {
		n = &namespace{name: name}
		l.match(n)
		l.namespaces[name] = n
	}
	return n
}

// tidy forgets a namespace that is not worth remembering.
func (l *Link) tidy(n *namespace) {
	if n.lanes == 0 && (len(n.workers) == 0 || len(l.namespaces) > idleNamespaces) {
		delete(l.namespaces, n.name)
	}
}

// match finds out who serves n. The caller holds l.mu.
func (l *Link) match(n *namespace) {
	n.workers = n.workers[:0]
	for w := range l.workers {
		if w.takesWork() && w.serves(n.name) {
			n.workers = append(n.workers, w)
		}
	}
	n.hooked = false
	for _, d := range l.declared {
		n.hooked = n.hooked || d.connectHook && d.matches(n.name)
	}
	if len(n.workers) > 0 && n.hasQueued() {
		l.hungry[n] = struct{}{}
	} else {
		delete(l.hungry, n)
	}
}

// serves reports whether the worker has named a pattern for this namespace.
func (w *worker) serves(name string) bool {
	return slices.ContainsFunc(w.patterns, func(p pattern) bool { return p.matches(name) })
}

// rematch is for when a worker came, went or stopped taking work.
func (l *Link) rematch(s *steps) {
	for _, n := range l.namespaces {
		l.match(n)
		l.tidy(n)
	}
	l.pumpAll(s)
	// A connect that waits for a namespace nobody serves may now be waiting for something else.
	for _, n := range l.namespaces {
		for e := n.queues[connecting].Front(); e != nil; e = e.Next() {
			t := e.Value.(*lane).tasks[0]
			l.setDue(t, l.connectDue(t, time.Now()))
		}
	}
}

// declare records what a worker serves from now on. The caller holds l.mu.
func (l *Link) declare(w *worker, now time.Time) *rpc.Error {
	fresh := 0
	for _, p := range w.patterns {
		if l.declared[p.key()] == nil {
			fresh++
		}
	}
	if len(l.declared)+fresh > maxDeclared {
		return &rpc.Error{
			Code:    rpc.CodeTooLarge,
			Message: fmt.Sprintf("namespaces: more than %d different ones since the sidecar started", maxDeclared),
		}
	}
	for _, p := range w.patterns {
		d := l.declared[p.key()]
		if d == nil {
			d = &declaration{pattern: p}
			l.declared[p.key()] = d
		}
		d.workers++
		d.connectHook = d.connectHook || w.hello.ConnectHook
	}
	// Before the answer to the hello: from then on nobody may come in unasked.
	for _, n := range l.namespaces {
		n.hooked = n.hooked || w.hello.ConnectHook && w.serves(n.name)
	}
	if l.handlers++; l.handlers == 1 {
		l.handlersSince = now
	}
	g := l.generations[w.hello.Generation]
	if g == nil {
		l.lastGeneration++
		g = &generation{order: l.lastGeneration}
		l.generations[w.hello.Generation] = g
	}
	g.workers++
	w.generation = g
	return nil
}

// undeclare is the end of that. The caller holds l.mu.
func (l *Link) undeclare(w *worker, now time.Time) {
	for _, p := range w.patterns {
		d := l.declared[p.key()]
		if d.workers--; d.workers == 0 {
			d.lastServed = now
		}
	}
	l.handlers--
	if w.generation.workers--; w.generation.workers == 0 {
		delete(l.generations, w.hello.Generation)
	}
	l.signalIdle()
}

// generation is one deploy of the app. The newest is the one that last went from no worker to one.
type generation struct {
	order   uint64
	workers int
}

// unservedSince returns since when workers have been there without any for this namespace; zero
// when one serves it or no worker is there at all. The caller holds l.mu.
func (l *Link) unservedSince(n *namespace) time.Time {
	if l.handlers == 0 || len(n.workers) > 0 {
		return time.Time{}
	}
	return latest(l.handlersSince, l.lastServed(n))
}

// lastServed is zero for a namespace that no worker has named. The caller holds l.mu.
func (l *Link) lastServed(n *namespace) (last time.Time) {
	for _, d := range l.declared {
		if d.matches(n.name) {
			last = latest(last, d.lastServed)
		}
	}
	return last
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func distinct(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
