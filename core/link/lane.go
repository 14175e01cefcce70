package link

import (
	"container/list"
	"slices"
	"time"

	"realtime/core/engine"
	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

// socket is *hub.Socket as the link uses it; tests have their own.
type socket interface {
	ID() string
	Namespace() string
	User() string
	Login() string
	Data() []byte
	Handshake() *engine.Handshake
	Transport() string
	Dialect() engine.Dialect
	Recovered() bool
	Accept(g hub.Grant) bool
	Refuse(message string, data []byte)
	Abandon(why string, failed bool)
	Expire()
	Ack(id uint64, args []byte) error
	Resume()
}

// kind is what a task is about. It is also an index.
type kind uint8

const (
	connecting kind = iota
	eventing
	disconnecting
	kinds
	serverEventing = kinds // of no lane
)

func (k kind) String() string {
	return [...]string{"connect", "event", "disconnect", "server_event"}[k]
}

// progress is where a task is. Link.mu guards it.
type progress uint8

const (
	waiting  progress = iota
	given             // to task.worker, unanswered
	settling          // answered or given up; what follows from it is being done
	over
)

// A task is one request for the app about one socket. Link.mu guards what changes.
type task struct {
	kind     kind
	lane     *lane
	progress progress
	worker   *worker
	arrived  time.Time

	due       time.Time // of deadlines
	heapIndex int

	// attempt counts the times it was given, or is about to be: 1 at first.
	attempt int

	id          string // eventing, disconnecting
	auth        []byte // connecting
	credentials credentials
	unjudged    bool // connecting: its tokens are not verified yet
	event       hub.Event
	gone        *ending // disconnecting
	serverEvent *rpc.ServerEvent
}

// ending is what a disconnect says.
type ending struct {
	reason string
	rooms  []string
	user   string
	login  string
	data   []byte
}

func newTask(k kind, ln *lane) *task {
	return &task{kind: k, lane: ln, arrived: time.Now(), heapIndex: -1, attempt: 1}
}

// size is what a waiting event counts for.
func (t *task) size() int { return len(t.event.Name) + len(t.event.Args) }

// A lane is what is pending for one socket, in its order: connect, events, disconnect. It exists
// only while something waits or is unanswered. At most its first task is given. Link.mu guards it.
type lane struct {
	socket    socket
	namespace *namespace
	tasks     []*task
	events    int // waiting
	bytes     int // of them
	paused    bool
	// queued is the lane's place in the namespace's queue for the kind of its first task, nil
	// when it is not in one.
	queued     *list.Element
	queuedKind kind
}

// laneOf returns the socket's lane, a new one if need be. The caller holds l.mu.
func (l *Link) laneOf(s socket) *lane {
	ln := l.lanes[s]
	if ln == nil {
		ln = &lane{socket: s, namespace: l.namespaceOf(s.Namespace())}
		ln.namespace.lanes++
		l.lanes[s] = ln
	}
	return ln
}

// push appends a task. The caller holds l.mu and moves the lane after it.
func (l *Link) push(ln *lane, t *task) {
	ln.tasks = append(ln.tasks, t)
	switch t.kind {
	case eventing:
		ln.events++
		ln.bytes += t.size()
		l.events++
		l.bytes += t.size()
	case disconnecting:
		l.disconnects++
	}
}

// leaveWaiting takes a task out of what is counted as waiting: it is given, or dropped.
func (l *Link) leaveWaiting(s *steps, t *task) {
	ln := t.lane
	switch t.kind {
	case eventing:
		ln.events--
		ln.bytes -= t.size()
		l.events--
		l.bytes -= t.size()
		if ln.paused && ln.events <= l.cfg.SocketEvents/2 && ln.bytes <= l.cfg.SocketBytes/2 {
			ln.paused = false
			s.resumes = append(s.resumes, ln.socket)
		}
	case disconnecting:
		l.disconnects--
	}
}

// returnToWaiting is for a task whose worker has died or would not take it.
func (l *Link) returnToWaiting(s *steps, t *task) {
	t.progress, t.worker = waiting, nil
	l.clearDue(t)
	switch t.kind {
	case serverEventing:
		t.progress = over // it was for that worker alone
		return
	case connecting:
		l.setDue(t, l.connectDue(t, time.Now()))
	case eventing:
		l.setDue(t, t.arrived.Add(l.cfg.EventAge))
		t.lane.events++
		t.lane.bytes += t.size()
		l.events++
		l.bytes += t.size()
	case disconnecting:
		l.disconnects++
	}
	l.move(s, t.lane)
}

// remove takes a task off its lane, for good. The caller holds l.mu and moves the lane after it.
func (l *Link) remove(s *steps, t *task) {
	if t.progress == waiting {
		l.leaveWaiting(s, t)
	}
	l.clearDue(t)
	delete(l.unjudged, t)
	t.progress = over
	ln := t.lane
	if i := slices.Index(ln.tasks, t); i >= 0 {
		ln.tasks = slices.Delete(ln.tasks, i, i+1)
		if i == 0 {
			l.unqueue(ln)
		}
	}
}

// removeAll takes out of a lane what is there of a socket that never came to be: its connect and what
// followed. What its predecessor has sent, if it had one, stays.
func (l *Link) removeAll(s *steps, ln *lane) {
	for len(ln.tasks) > 0 {
		last := ln.tasks[len(ln.tasks)-1]
		l.remove(s, last)
		if last.kind == connecting {
			break
		}
	}
	l.move(s, ln)
}

// move brings a lane forward after any change: it is forgotten, or waits in the queue that fits
// its first task, or has something given. The caller holds l.mu.
func (l *Link) move(s *steps, ln *lane) {
	if len(ln.tasks) == 0 {
		l.forget(s, ln)
		return
	}
	first := ln.tasks[0]
	if first.progress != waiting || first.unjudged {
		return
	}
	l.enqueue(ln, first.kind)
	l.pump(s, ln.namespace)
}

func (l *Link) forget(s *steps, ln *lane) {
	if l.lanes[ln.socket] != ln {
		return
	}
	delete(l.lanes, ln.socket)
	if ln.paused {
		ln.paused = false
		s.resumes = append(s.resumes, ln.socket)
	}
	ln.namespace.lanes--
	l.tidy(ln.namespace)
	l.signalIdle()
}

func (l *Link) enqueue(ln *lane, k kind) {
	if ln.queued != nil {
		return
	}
	ns := ln.namespace
	ln.queued, ln.queuedKind = ns.queues[k].PushBack(ln), k
	if len(ns.workers) > 0 {
		l.hungry[ns] = struct{}{}
	}
}

func (l *Link) unqueue(ln *lane) {
	if ln.queued == nil {
		return
	}
	ns := ln.namespace
	ns.queues[ln.queuedKind].Remove(ln.queued)
	ln.queued = nil
	if !ns.hasQueued() {
		delete(l.hungry, ns)
	}
}
