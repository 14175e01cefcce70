package poll

import "sync"

// pool runs handlers on a bounded number of goroutines. Connections wait in order in a queue that
// is threaded through them, and each is in it at most once, so the queue needs no memory and no
// limit of its own. A worker is started when something is queued and the bound allows it, and ends
// when it finds the queue empty: an idle pool holds no goroutine.
type pool struct {
	limit   int
	onPanic func(*Conn, any)
	worker  func()         // p.work, bound once: go p.work() allocates
	wg      sync.WaitGroup // the workers

	mu      sync.Mutex
	running bool // between start and stop
	workers int
	waiting int // length of the queue
	first   *Conn
	last    *Conn
}

// start lets workers run; what was pushed before is served now.
func (p *pool) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = true
	p.worker = p.work
	for c := p.first; c != nil && p.workers < p.limit; c = c.queued {
		p.spawn()
	}
}

// stop drops what waits and returns when no handler runs.
func (p *pool) stop() {
	p.mu.Lock()
	p.running = false
	p.mu.Unlock()
	p.wg.Wait()
}

// push queues connections whose busy bit the caller turned on.
func (p *pool) push(conns ...*Conn) {
	p.mu.Lock()
	for _, c := range conns {
		if p.last == nil {
			p.first = c
		} else {
			p.last.queued = c
		}
		p.last = c
		p.waiting++
		if p.running && p.workers < p.limit {
			p.spawn()
		}
	}
	p.mu.Unlock()
}

// spawn starts a worker. The caller holds the lock.
func (p *pool) spawn() {
	p.workers++
	p.wg.Add(1)
	go p.worker()
}

// pop takes the next connection, or ends the worker.
func (p *pool) pop() *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.first
	if c == nil || !p.running {
		p.workers--
		return nil
	}
	p.first, c.queued = c.queued, nil
	p.waiting--
	if p.first == nil {
		p.last = nil
	}
	return c
}

// load reports how much is queued and how many workers there are.
func (p *pool) load() (waiting, workers int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting, p.workers
}

func (p *pool) work() {
	defer p.wg.Done()
	for c := p.pop(); c != nil; c = p.pop() {
		if e := c.state.begin(); e != 0 {
			p.call(c, e)
			if c.state.finish() {
				p.push(c)
				continue
			}
		}
		c.shard.source.idle(c)
	}
}

func (p *pool) call(c *Conn, e Event) {
	if p.onPanic != nil {
		defer func() {
			if v := recover(); v != nil {
				p.onPanic(c, v)
			}
		}()
	}
	c.handler.Ready(e)
}
