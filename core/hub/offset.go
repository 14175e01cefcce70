package hub

import (
	"slices"
	"sync"
)

// offsets number what clients may ask for again. A number says in what order emits began, not in what
// order they reach a client, so it only names a message; see engine.Session.TakeTrail, and place.
//
// Concurrency: all methods may be called from any goroutine.
type offsets struct {
	mu   sync.Mutex
	last uint64
	open []uint64 // of emits that have not reached everybody's queue: as many as publish at once
}

// begin returns the number of one more emit, and up to which all were in everybody's queue before it.
func (o *offsets) begin() (number, settled uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	settled = o.lowest()
	o.last++
	o.open = append(o.open, o.last)
	return o.last, settled
}

func (o *offsets) end(number uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = slices.DeleteFunc(o.open, func(n uint64) bool { return n == number })
}

// settled is the number up to which all emits are in everybody's queue.
func (o *offsets) settled() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lowest()
}

// lowest is settled for who holds o.mu.
func (o *offsets) lowest() uint64 {
	if len(o.open) > 0 {
		return slices.Min(o.open) - 1
	}
	return o.last
}

// latest is the number of the emit that began last.
func (o *offsets) latest() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}
