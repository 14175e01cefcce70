package proxy

import "sync"

// turnstile lets one goroutine at a time into something that its owner must be able to take back:
// after shut nobody is inside and nobody gets in any more. Three things of an exchange are used by
// goroutines that may outlive it (the request body, the client's connection for 1xx answers, the
// watch), and all three belong to fasthttp again once the exchange has ended.
type turnstile struct {
	mu     sync.Mutex
	inside bool
	closed bool
	left   chan struct{} // made by a shut that has to wait; closed by leave
}

// enter reports whether the caller may go in; if so, it must call leave. prepare, if not nil, runs
// before a shut can interrupt; it must not block.
func (t *turnstile) enter(prepare func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.inside {
		return false
	}
	t.inside = true
	if prepare != nil {
		prepare()
	}
	return true
}

func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inside = false
	if t.left != nil {
		close(t.left)
		t.left = nil
	}
}

// shut closes the turnstile and waits until nobody is inside. interrupt, if not nil, is called to
// hurry whoever is; it must not block. Only the owner calls shut; a second call returns at once.
func (t *turnstile) shut(interrupt func()) {
	t.mu.Lock()
	if t.closed || !t.inside {
		t.closed = true
		t.mu.Unlock()
		return
	}
	t.closed = true
	t.left = make(chan struct{})
	left := t.left
	if interrupt != nil {
		interrupt()
	}
	t.mu.Unlock()
	<-left
}
