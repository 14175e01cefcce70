package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"realtime/core/hub"
	"realtime/core/token"
)

// Hub is *hub.Hub as the link uses it: what an app may ask for.
type Hub interface {
	Emit(e hub.Emit) error
	Encodings() []hub.Encoding
	Stats() hub.Stats
	Check(e hub.Emit) error
	Call(e hub.Emit, timeout time.Duration, done func(hub.CallResult)) error
	Join(s hub.Select, rooms []string) (int, error)
	Leave(s hub.Select, rooms []string) (int, error)
	Disconnect(s hub.Select, how hub.Parting) (int, error)
	Sockets(s hub.Select, limit int, after string) (infos []hub.SocketInfo, next string, err error)
	Rooms(s hub.Select) ([]hub.RoomSize, error)
	Count(s hub.Select) (int, error)
	Set(socket string, data []byte, user *string) error
	CheckGrant(g hub.Grant) error
	Limits() hub.Limits
}

var _ Hub = (*hub.Hub)(nil)

// Link is the app link: the connections of the app's processes and everything pending for them.
//
// Concurrency: all methods may be called from any goroutine; Bind and Listen come before Run.
type Link struct {
	cfg      Config
	log      *slog.Logger
	hub      Hub
	listener net.Listener
	gid      int // of socket_group, or -1

	// life ends with Run; everything a connection waits for ends with it.
	life context.Context
	end  context.CancelFunc

	lastID   atomic.Uint64
	counters counters
	accepted *memory[struct{}] // ids of emits that came as requests
	deferred *memory[deferred] // acks that are owed, by event id
	sooner   chan struct{}     // a deadline has come up before watchesAt
	tokens   *token.Verifier
	ended    *memory[time.Time]       // logins and users that the app has ended, by endedLogin and endedUser
	secrets  atomic.Pointer[[][]byte] // of the app, as ring has them
	hellos   atomic.Int64             // since the start

	mu             sync.Mutex
	conns          map[*worker]struct{} // all connections, also before hello
	closing        bool
	workers        map[*worker]struct{} // those that have said hello
	lanes          map[socket]*lane
	namespaces     map[string]*namespace
	hungry         map[*namespace]struct{} // something waits, and somebody serves it
	declared       map[string]*declaration
	generations    map[string]*generation
	lastGeneration uint64
	turn           uint64
	handlers       int
	handlersSince  time.Time // since when there has been one
	deadlines      deadlines
	expiries       expiries
	expiryOf       map[socket]*expiry
	ring           token.Ring
	unjudged       map[*task]struct{} // connects whose tokens wait for a key
	watchesAt      time.Time          // when watch looks at them next
	rejected       recentIDs
	events, bytes  int // waiting events of all lanes
	disconnects    int // waiting
	warnedUnasked  bool
	warnedSecrets  bool
	idle           chan struct{} // closed when nothing is pending; nil while nobody waits for that

	serving sync.WaitGroup // one for each of conns
}

// New returns a Link. It starts and opens nothing.
func New(cfg Config) *Link {
	cfg = cfg.withDefaults()
	l := &Link{
		cfg:         cfg,
		log:         cfg.Logger,
		gid:         -1,
		accepted:    newMemory[struct{}](cfg.RememberIDs, cfg.RememberTime),
		deferred:    newMemory[deferred](deferredLimit, deferredAge),
		sooner:      make(chan struct{}, 1), // a signal: one is as good as many
		tokens:      cfg.Tokens,
		ended:       newMemory[time.Time](endedLimit, endedAge),
		expiryOf:    make(map[socket]*expiry),
		unjudged:    make(map[*task]struct{}),
		conns:       make(map[*worker]struct{}),
		workers:     make(map[*worker]struct{}),
		lanes:       make(map[socket]*lane),
		namespaces:  make(map[string]*namespace),
		hungry:      make(map[*namespace]struct{}),
		declared:    make(map[string]*declaration),
		generations: make(map[string]*generation),
	}
	l.life, l.end = context.WithCancel(context.Background()) //nolint:forbidigo // the owner of this life is the link; Run ends it
	return l
}

// Bind tells the link the hub that it serves; they need each other. It comes before Run.
func (l *Link) Bind(h Hub) { l.hub = h }

// Boot returns what identifies this start of the sidecar.
func (l *Link) Boot() string { return l.cfg.Boot }

// Run serves until ctx ends, then says bye to the workers, and returns when all connections are
// closed. It returns nil then, or the error that keeps it from accepting connections.
func (l *Link) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() { l.watch(watching) })

	failed := make(chan error, 1)
	if l.listener != nil {
		group.Go(func() { failed <- l.accept(watching) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	l.shutDown()
	return err
}

// accept takes connections until the listener is closed.
func (l *Link) accept(ctx context.Context) error {
	const (
		firstPause = 5 * time.Millisecond // as net/http does when file descriptors run out
		lastPause  = time.Second
	)
	pause := firstPause
	for {
		nc, err := l.listener.Accept()
		switch {
		case err == nil:
			pause = firstPause
			l.Take(nc)
		case errors.Is(err, net.ErrClosed):
			return nil
		case isTransient(err):
			l.log.Error("cannot accept a connection of the app", "err", err, "pause", pause)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pause):
			}
			pause = min(2*pause, lastPause)
		default:
			return fmt.Errorf("link: accept: %w", err)
		}
	}
}

// ServeConn serves one app connection on any stream and returns when it is over. It closes nc.
func (l *Link) ServeConn(nc net.Conn) {
	if w := l.admitConn(nc); w != nil {
		w.serve()
	}
}

// Take serves one app connection in the background and reports whether it was wanted: not beyond
// max_workers, nor when the end of Run has begun. It closes nc in any case.
func (l *Link) Take(nc net.Conn) bool {
	w := l.admitConn(nc)
	if w != nil {
		go w.serve() // shutDown waits for it through l.serving
	}
	return w != nil
}

// admitConn returns nil, with nc closed, for a connection that is not wanted.
func (l *Link) admitConn(nc net.Conn) *worker {
	w := newWorker(l, nc)
	l.mu.Lock()
	closing, full := l.closing, len(l.conns) >= l.cfg.MaxWorkers
	if !closing && !full {
		l.conns[w] = struct{}{}
		l.serving.Add(1)
	}
	l.mu.Unlock()
	if !closing && !full {
		l.counters.connections.Add(1)
		return w
	}
	if full {
		l.counters.refusedConnections.Add(1)
		l.log.Warn("refused a connection of the app: too many (max_workers)", "max_workers", l.cfg.MaxWorkers)
	}
	nc.Close()
	return nil
}

// Drain asks all workers to reconnect soon: this sidecar is about to stop.
func (l *Link) Drain(reason string) {
	for _, w := range l.everyone() {
		w.notifyDrain(reason)
	}
}

// Flush waits until nothing is pending that a worker could take: for the last disconnects, after
// all sessions are closed.
func (l *Link) Flush(ctx context.Context) error {
	l.mu.Lock()
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.signalIdle()
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("link: flush: %w", ctx.Err())
	}
}

// signalIdle releases Flush if nothing is pending or nobody is there for it. The caller holds l.mu.
func (l *Link) signalIdle() {
	if l.idle != nil && (len(l.lanes) == 0 || l.handlers == 0) {
		close(l.idle)
		l.idle = nil
	}
}

func (l *Link) everyone() []*worker {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*worker, 0, len(l.conns))
	for w := range l.conns {
		list = append(list, w)
	}
	return list
}

func (l *Link) shutDown() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	if l.listener != nil {
		l.listener.Close()
	}
	l.end()
	for _, w := range l.everyone() {
		w.finish("the sidecar has stopped", nil)
	}
	l.serving.Wait()
}

// recentIDs are the last sockets that did not come to be. Link.mu guards them.
type recentIDs struct {
	set  map[string]struct{}
	ring [rejectedIDs]string
	at   int
}

// rejectedIDs is how many are kept: an event can only follow within the instant until the hub has
// heard of the refusal.
const rejectedIDs = 4096

func (r *recentIDs) add(id string) {
	if r.set == nil {
		r.set = make(map[string]struct{})
	}
	delete(r.set, r.ring[r.at])
	r.ring[r.at] = id
	r.set[id] = struct{}{}
	r.at = (r.at + 1) % len(r.ring)
}

func (r *recentIDs) remove(id string) { delete(r.set, id) }

func (r *recentIDs) has(id string) bool {
	_, ok := r.set[id]
	return ok
}
