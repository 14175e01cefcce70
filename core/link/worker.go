package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"realtime/core/protocol/rpc"
	"realtime/core/shut"
)

// maxSilence is how many pings in a row may find silence; after that the connection is ended.
const maxSilence = 2

// A worker is one connection of an app process, of whatever role.
//
// It has two goroutines, both ended by serve: a reader, which does what the frames say and never
// waits for the writer, a client or another worker, and a writer, which empties the outbox.
type worker struct {
	link *Link
	nc   net.Conn
	log  atomic.Pointer[slog.Logger] // names the process once it has said hello
	in   stream
	out  outbox
	life context.Context // of this connection
	end  context.CancelFunc

	silent int // the reader's: pings sent since the last byte

	// Guarded by Link.mu, hello, patterns and generation unchanging once in Link.workers.
	hello      rpc.Hello
	patterns   []pattern // what it serves, as hello says; each once
	generation *generation
	drained    bool // gets nothing new
	window     int
	load       int    // requests that it holds
	turn       uint64 // when it last got something
	queue      []*task
	queueBytes int

	// mu is the outbox's own and guards these too: what is asked must be known before it can be
	// answered, and nothing may be given after the answer to drain.
	mu         *sync.Mutex
	sealed     bool // nothing more is given
	finished   bool // its end has been begun
	lastID     uint32
	unanswered map[uint32]*task // nil for a ping
	calls      map[uint32]struct{}
}

func newWorker(l *Link, nc net.Conn) *worker {
	w := &worker{
		link: l,
		nc:   nc,
		in:   stream{nc: nc, wait: l.cfg.Heartbeat},
		out: outbox{
			limit: l.cfg.StallBytes, hard: hardStall * l.cfg.StallBytes, wait: l.cfg.StallTime,
			more: make(chan struct{}, 1), // a signal
		},
		unanswered: make(map[uint32]*task),
		calls:      make(map[uint32]struct{}),
	}
	w.log.Store(l.log)
	w.mu = &w.out.mu
	w.in.silence = w.ping
	w.life, w.end = context.WithCancel(l.life)
	return w
}

// serve runs the connection to its end.
func (w *worker) serve() {
	defer w.link.serving.Done()
	var writer sync.WaitGroup
	writer.Go(w.writeOut)
	err := w.guarded(w.read)
	w.finish("", err)
	writer.Wait()
	w.link.departed(w)
}

func (w *worker) writeOut() {
	// The reader sees the closed connection, and the app the end though its forked children have copies.
	defer func() {
		shut.Both(w.nc)
		w.nc.Close()
	}()
	err := w.guarded(func() error { return w.out.write(w.nc) })
	if errors.Is(err, errStalled) {
		w.log.Load().Warn("ended a connection of the app: it does not read", "bytes", w.link.cfg.StallBytes, "for", w.link.cfg.StallTime)
	}
}

// guarded makes a panic end this connection and nothing else.
func (w *worker) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Load().Error("panic in a connection of the app", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("link: panic: %v", p)
		}
	}()
	return f()
}

// read does what the app's frames say, in their order.
func (w *worker) read() error {
	if err := w.link.checkPeer(w.nc); err != nil {
		w.link.counters.refusedConnections.Add(1)
		return err
	}
	if err := w.greet(); err != nil {
		return err
	}
	for {
		body, err := w.in.next(w.link.cfg.MaxFrame)
		if err != nil {
			return err
		}
		w.silent = 0
		f, err := rpc.Parse(body)
		if err != nil {
			return err
		}
		if err := w.take(f); err != nil {
			return err
		}
	}
}

func (w *worker) take(f rpc.Frame) error {
	switch f.Kind {
	case rpc.Request:
		return w.request(f)
	case rpc.Notification:
		return w.notification(f)
	default:
		w.response(f)
		return nil
	}
}

// response takes an answer to what the worker was asked.
func (w *worker) response(f rpc.Frame) {
	w.mu.Lock()
	t, known := w.unanswered[f.ID]
	delete(w.unanswered, f.ID)
	w.mu.Unlock()
	switch {
	case !known:
		w.log.Load().Debug("an answer to no question", "id", f.ID)
	case t != nil:
		w.link.answered(w, t, f)
	}
}

// ping asks for a sign of life. The reader calls it after each heartbeat without a byte.
func (w *worker) ping() error {
	if w.silent++; w.silent > maxSilence {
		return fmt.Errorf("link: silent for %s, with %d pings unanswered", time.Duration(w.silent)*w.link.cfg.Heartbeat, maxSilence)
	}
	if w.ask(nil, rpc.MethodPing, rpc.Empty{}, w.link.cfg.MaxFrame) != handed {
		return net.ErrClosed
	}
	return nil
}

// outcome is what came of giving something to a worker.
type outcome uint8

const (
	handed outcome = iota
	closedNow
	tooLarge
)

// ask appends a request. t is nil for a ping, which also a sealed worker gets.
func (w *worker) ask(t *task, method string, params rpc.Appender, limit int) outcome {
	w.mu.Lock()
	if w.sealed && t != nil || w.out.closing {
		w.mu.Unlock()
		return closedNow
	}
	id := w.freeID()
	fits := true
	_, overflow := w.out.appendLocked(func(dst []byte) []byte {
		before := len(dst)
		dst = rpc.AppendRequest(dst, id, method, params)
		if fits = len(dst)-before-rpc.HeaderSize <= limit; !fits {
			return dst[:before]
		}
		return dst
	})
	if fits {
		w.unanswered[id] = t
	}
	w.mu.Unlock()
	if overflow {
		w.overflow()
	}
	if !fits {
		return tooLarge
	}
	return handed
}

// freeID returns an id that no unanswered request has. The caller holds w.mu.
func (w *worker) freeID() uint32 {
	for {
		w.lastID++
		if _, taken := w.unanswered[w.lastID]; !taken {
			return w.lastID
		}
	}
}

// send appends a frame that is no question.
func (w *worker) send(f func(dst []byte) []byte) {
	if _, overflow := w.out.append(f); overflow {
		w.overflow()
	}
}

func (w *worker) notify(method string, params rpc.Appender) {
	w.send(func(dst []byte) []byte { return rpc.AppendNotification(dst, method, params) })
}

func (w *worker) notifyDrain(reason string) {
	w.link.mu.Lock()
	_, greeted := w.link.workers[w]
	w.link.mu.Unlock()
	if greeted {
		w.notify(rpc.MethodDrain, rpc.Reason(reason))
	}
}

// overflow ends a connection that reads far too slowly: the reader sees that it is closed.
func (w *worker) overflow() {
	w.log.Load().Warn("ended a connection of the app: far too much is unread", "bytes", w.out.hard)
	w.nc.Close()
}

// finish ends the connection in order: it gets nothing new, then bye, then it is closed. Only the
// first call counts. err is why the reading ended, if that is the reason.
func (w *worker) finish(reason string, err error) {
	w.link.update(func(s *steps) { w.link.retire(s, w) })
	if err != nil && reason == "" {
		reason = farewell(err)
	}
	w.mu.Lock()
	again := w.finished
	w.finished = true
	w.mu.Unlock()
	if again {
		return
	}
	w.logEnd(err)
	w.out.close(func(dst []byte) []byte {
		if reason == "" {
			return dst
		}
		return rpc.AppendNotification(dst, rpc.MethodBye, rpc.Reason(reason))
	})
	w.end()
}

func (w *worker) logEnd(err error) {
	var frame *rpc.FrameError
	switch {
	case err == nil || isGone(err):
		w.log.Load().Debug("a connection of the app has ended")
	case errors.As(err, &frame):
		w.link.counters.brokenStreams.Add(1)
		w.log.Load().Warn("ended a connection of the app: it broke the protocol", "err", err)
	default:
		w.log.Load().Warn("ended a connection of the app", "err", err)
	}
}

// farewell is what the app may read about the end of its connection; "" when it knows.
func farewell(err error) string {
	if isGone(err) {
		return ""
	}
	return err.Error()
}

// isGone says whether an error of reading only means that the connection is closed.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// takesWork says whether the worker may be given something new. The caller holds Link.mu.
func (w *worker) takesWork() bool { return w.hello.Role == rpc.RoleHandler && !w.drained }
