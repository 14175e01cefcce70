package proxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Probing of an app that is away: quick at first, because a restart often takes less than a second.
const (
	probeFirst = 25 * time.Millisecond
	probeMax   = 250 * time.Millisecond
)

var (
	errAway = errors.New("app did not come back in time")
	errFull = errors.New("too many requests are waiting for the app")
)

// hold keeps requests while the app is not listening. One prober looks for the app, however many
// wait; when it answers, all of them try at once.
type hold struct {
	timeout time.Duration // 0: as long as it takes
	enabled bool
	limit   int
	kick    chan struct{} // wakes run; one token is enough
	ended   chan struct{} // closed when run has ended: nobody looks for the app any more

	mu      sync.Mutex
	waiting int
	back    chan struct{} // closed when the app answered a probe, then replaced
}

func newHold(timeout time.Duration, limit int, enabled bool) hold {
	return hold{
		timeout: timeout, enabled: enabled, limit: limit,
		kick: make(chan struct{}, 1), ended: make(chan struct{}), back: make(chan struct{}),
	}
}

// wait is one request being held.
type wait struct {
	h        *hold
	back     chan struct{}
	deadline *time.Timer
	cause    error
}

// enter admits a request that failed with cause, counted from its arrival.
func (h *hold) enter(arrived time.Time, cause error) (*wait, error) {
	if !h.enabled {
		return nil, fmt.Errorf("%w: %w", errAway, cause)
	}
	h.mu.Lock()
	full := h.waiting >= h.limit
	if !full {
		h.waiting++
	}
	back := h.back
	h.mu.Unlock()
	if full {
		return nil, fmt.Errorf("%w: %w", errFull, cause)
	}
	select {
	case h.kick <- struct{}{}:
	default:
	}
	w := &wait{h: h, back: back, cause: cause}
	if h.timeout > 0 {
		w.deadline = time.NewTimer(h.timeout - time.Since(arrived))
	}
	return w, nil
}

// next returns when the app may be there again; an error says that there is no use in trying.
func (w *wait) next(ctx context.Context) error {
	var deadline <-chan time.Time
	if w.deadline != nil {
		deadline = w.deadline.C
	}
	select {
	case <-w.back:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-w.h.ended:
		return fmt.Errorf("%w: %w", errAway, w.cause)
	case <-deadline:
		return fmt.Errorf("%w: %w", errAway, w.cause)
	}
	w.h.mu.Lock()
	w.back = w.h.back
	w.h.mu.Unlock()
	return nil
}

func (w *wait) leave() {
	if w.deadline != nil {
		w.deadline.Stop()
	}
	w.h.mu.Lock()
	w.h.waiting--
	w.h.mu.Unlock()
}

func (h *hold) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.waiting
}

// announce lets everyone who waits try.
func (h *hold) announce() {
	h.mu.Lock()
	back := h.back
	h.back = make(chan struct{})
	h.mu.Unlock()
	close(back)
}

// run probes while requests wait, until ctx ends; then nobody is held any more.
func (h *hold) run(ctx context.Context, probe func(context.Context) bool) {
	defer close(h.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.kick:
		}
		pause := probeFirst
		for h.count() > 0 {
			if probe(ctx) {
				h.announce()
				pause = probeFirst
			}
			t := time.NewTimer(pause)
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
			}
			pause = min(2*pause, probeMax)
		}
	}
}
