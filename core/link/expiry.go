package link

import (
	"container/heap"
	"time"
)

// An expiry is when a socket's permission ends. There may be as many as sockets, so they have one heap
// and no timer or goroutine of their own. Link.mu guards it.
type expiry struct {
	socket socket
	at     time.Time
	index  int
}

// expiries are those to come, soonest first. Link.mu guards them.
type expiries []*expiry

func (e expiries) Len() int           { return len(e) }
func (e expiries) Less(i, j int) bool { return e[i].at.Before(e[j].at) }

func (e expiries) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].index, e[j].index = i, j
}

// Push and Pop are for container/heap alone.
func (e *expiries) Push(x any) {
	next := x.(*expiry)
	next.index = len(*e)
	*e = append(*e, next)
}

// Pop takes off the last.
func (e *expiries) Pop() any {
	last := len(*e) - 1
	gone := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return gone
}

// expireAt notes when a socket's transport is to be closed. It comes before the socket is let in, so
// that its end, which forgets this, cannot have been before it.
func (l *Link) expireAt(s socket, at time.Time) {
	l.update(func(*steps) {
		e := &expiry{socket: s, at: at}
		l.expiryOf[s] = e
		heap.Push(&l.expiries, e)
		if at.Before(l.watchesAt) {
			wake(l.sooner)
		}
	})
}

// forgetExpiry is for a socket that has left or did not come in.
func (l *Link) forgetExpiry(s socket) {
	l.update(func(*steps) { l.dropExpiry(s) })
}

// dropExpiry does that. The caller holds l.mu.
func (l *Link) dropExpiry(s socket) {
	if e := l.expiryOf[s]; e != nil {
		delete(l.expiryOf, s)
		heap.Remove(&l.expiries, e.index)
	}
}
