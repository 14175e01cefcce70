package poll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Defaults and sizes of the poller.
const (
	// workersPerProcessor times GOMAXPROCS is the default of Config.Workers. A handler is busy
	// with system calls, not waiting, so a few per processor keep all of them at work even
	// while some handlers write to thousands of clients.
	workersPerProcessor = 4
	// processorsPerShard is how many processors one readiness set and one queue of events
	// serve. One set hands out some millions of events a second; what a larger machine would
	// suffer from first is its workers meeting at the lock of one queue.
	processorsPerShard = 8
)

var (
	// ErrWouldBlock is what Read, Write and Writev return when the kernel has no bytes, or no
	// room, right now. Arm the connection and return.
	ErrWouldBlock = errors.New("poll: would block")
	// ErrClosed is returned by every method of a Conn after Close or Release.
	// errors.Is(err, net.ErrClosed) holds for it too.
	ErrClosed = fmt.Errorf("poll: connection left the poller: %w", net.ErrClosed)
)

// Event is a set of bits that says why a handler is called.
type Event uint8

// Readable and Writable are hints: the call they announce may still return ErrWouldBlock.
const (
	Readable Event = 1 << 0 // bytes, the end of the stream or an error can be read
	Writable Event = 1 << 1 // the kernel takes bytes again
	HangUp   Event = 1 << 2 // the peer sent its last byte, which may be unread yet, or reset
)

// Interest is a set of bits that says which events a Conn waits for. HangUp is always among
// them; the zero Interest waits for nothing else.
type Interest uint8

// The bits of an Interest have the values of the events they ask for.
const (
	Read  Interest = Interest(Readable)
	Write Interest = Interest(Writable)
)

// Handler is the owner of a Conn.
type Handler interface {
	// Ready is called on a worker when an event came that the Conn was armed for. For one
	// Conn there is one call at a time, and no further one until it is armed again. It may use
	// every method of the Conn. It should not block: it keeps a worker.
	Ready(e Event)
}

// Config holds what a Poller is made of. Its zero value is usable.
type Config struct {
	// Workers bounds the goroutines that run handlers. Default: 4 x GOMAXPROCS.
	Workers int
	// Logger is told at debug level when Run starts and stops. Default: slog.Default().
	Logger *slog.Logger
	// OnPanic, when set, is called on the worker with the value of a panic in a handler and
	// the Conn it was called for, which is not armed then. Without it the panic ends the
	// process.
	OnPanic func(c *Conn, value any)
}

func (cfg Config) withDefaults() Config {
	if cfg.Workers <= 0 {
		cfg.Workers = workersPerProcessor * runtime.GOMAXPROCS(0)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return cfg
}

// Poller watches parked connections and calls their handlers. All methods may be called from any
// goroutine.
type Poller struct {
	shards  []*shard
	logger  *slog.Logger
	next    atomic.Uint32 // round robin over shards
	started atomic.Bool
}

// shard is one readiness set with the workers that serve it. A Conn stays in the shard it was
// added to.
type shard struct {
	source source
	pool   pool
}

// New makes a Poller. It opens the kernel's readiness sets but starts nothing.
func New(cfg Config) (*Poller, error) {
	cfg = cfg.withDefaults()
	n := (runtime.GOMAXPROCS(0) + processorsPerShard - 1) / processorsPerShard
	n = min(n, cfg.Workers)
	p := &Poller{shards: make([]*shard, n), logger: cfg.Logger}
	for i := range p.shards {
		s := &shard{}
		s.pool.onPanic = cfg.OnPanic
		s.pool.limit = cfg.Workers / n
		if i < cfg.Workers%n {
			s.pool.limit++
		}
		if err := s.source.init(&s.pool); err != nil {
			return nil, fmt.Errorf("poll: new: %w", err)
		}
		p.shards[i] = s
	}
	return p, nil
}

// Run reports events until ctx ends, then returns nil when everything it started has stopped:
// handlers that are running are waited for, events that are waiting are dropped. Connections
// stay open until Close and belong to their owners; nothing is reported for them any more. Run may be
// called once.
//
// Errors: what the kernel said when it refused to wait, which ends the Poller.
func (p *Poller) Run(ctx context.Context) error {
	if p.started.Swap(true) {
		panic("poll: Run called twice")
	}
	p.logger.Debug("poller started", "source", sourceName, "shards", len(p.shards))
	defer p.logger.Debug("poller stopped")
	failed := make(chan error, len(p.shards))
	var sources sync.WaitGroup
	for _, s := range p.shards {
		s.pool.start()
		sources.Go(func() {
			if err := s.source.run(); err != nil {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("poll: wait for events: %w", err)
	}
	for _, s := range p.shards {
		s.source.interrupt()
	}
	sources.Wait()
	for _, s := range p.shards {
		s.pool.stop()
		s.source.close()
	}
	return err
}

// Close closes the connections that are still parked, whose owners are not told, and gives back what New
// opened, of a Poller that is not run any more, or never. Add fails from then on.
func (p *Poller) Close() {
	for _, s := range p.shards {
		s.source.close()
		for _, c := range s.source.parked() {
			_ = c.Close()
		}
	}
}

// Load is for metrics: how many connections wait for a worker, and how many workers there are now.
func (p *Poller) Load() (waiting, workers int) {
	for _, s := range p.shards {
		n, m := s.pool.load()
		waiting += n
		workers += m
	}
	return waiting, workers
}

// Add parks nc, which must be a *net.TCPConn, a *net.UnixConn or another connection whose
// SyscallConn is a non-blocking stream socket. Nothing is reported before the first Arm. Deadlines
// that are set on nc are cleared: they belong to the blocking methods, which nobody may use until
// Release gives nc back.
//
// Ownership: the Conn owns nc until Close or Release. On an error nc stays with the caller.
func (p *Poller) Add(nc net.Conn, h Handler) (*Conn, error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("poll: add: %T has no descriptor", nc)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("poll: add: %w", err)
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("poll: add: %w", err)
	}
	s := p.shards[int(p.next.Add(1))%len(p.shards)]
	c := &Conn{nc: nc, raw: raw, handler: h, shard: s}
	if err := s.source.add(c); err != nil {
		return nil, fmt.Errorf("poll: add: %w", err)
	}
	return c, nil
}
