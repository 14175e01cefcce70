package engine

import (
	"context"
	"sync"
	"sync/atomic"
)

// backlog counts the bytes that wait to be written to clients that do read. It is how fast publishers
// are slowed down to what the node can write; clients that do not read are not in it, or a few of them
// could hold up everyone.
type backlog struct {
	limit int64
	bytes atomic.Int64

	mu     sync.Mutex
	waiter chan struct{} // closed when the count is below half the limit; nil if nobody waits
}

func (b *backlog) add(n int) {
	now := b.bytes.Add(int64(n))
	if n >= 0 || now > b.limit/2 || now-int64(n) <= b.limit/2 {
		return // only who crosses the half downwards has somebody to wake
	}
	b.mu.Lock()
	if b.waiter != nil {
		close(b.waiter)
		b.waiter = nil
	}
	b.mu.Unlock()
}

// WaitBacklog returns at once while the node keeps up with its publishers, else when it has caught up
// to half the limit, or ctx ends. It is for those who read from publishers, before they read more.
func (s *Server) WaitBacklog(ctx context.Context) {
	b := &s.backlog
	if b.bytes.Load() < b.limit {
		return
	}
	b.mu.Lock()
	if b.waiter == nil {
		b.waiter = make(chan struct{})
	}
	waiter := b.waiter
	b.mu.Unlock()
	if b.bytes.Load() <= b.limit/2 {
		return // it was crossed before we stood there
	}
	select {
	case <-waiter:
	case <-ctx.Done():
	}
}
