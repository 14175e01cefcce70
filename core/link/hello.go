package link

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/rpc"
)

// unsaidWindow is the window of a handler that names none, and maxWindow the largest that counts.
const (
	unsaidWindow = 32
	maxWindow    = 65_536
)

// errFirst ends a connection that does not begin with a hello.
var errFirst = errors.New("link: the first frame is not a hello request")

// greet takes the hello and makes the connection a worker.
func (w *worker) greet() error {
	w.in.until = time.Now().Add(w.link.cfg.HelloTimeout)
	body, err := w.in.next(min(helloFrame, w.link.cfg.MaxFrame))
	if err != nil {
		return err
	}
	w.in.until = time.Time{}
	f, err := rpc.Parse(body)
	if err != nil {
		return err
	}
	if f.Kind != rpc.Request {
		return errFirst
	}
	if f.Method != rpc.MethodHello {
		w.fail(f.ID, &rpc.Error{Code: rpc.CodeUnauthorized, Message: "say hello first"})
		return errFirst
	}
	h, refusal := w.link.checkHello(f.Params)
	var patterns []pattern
	if refusal == nil {
		patterns, refusal = patternsOf(h)
	}
	if refusal == nil {
		w.patterns = patterns
		refusal = w.link.welcome(w, h, f.ID)
	}
	if refusal != nil {
		w.fail(f.ID, refusal)
		return fmt.Errorf("link: hello refused: %s: %s", refusal.Code, refusal.Message)
	}
	return nil
}

func (l *Link) checkHello(params []byte) (rpc.Hello, *rpc.Error) {
	h, err := rpc.DecodeHello(params)
	if err != nil {
		return h, l.refusal(err)
	}
	if _, ok := h.Speaks(); !ok {
		return h, rpc.VersionError()
	}
	if l.cfg.Token != "" && subtle.ConstantTimeCompare([]byte(h.Token), []byte(l.cfg.Token)) != 1 {
		return h, &rpc.Error{Code: rpc.CodeUnauthorized, Message: "the token is not the one this sidecar expects"}
	}
	h.Token = ""
	for i, key := range h.Keys {
		h.Keys[i] = owned(key)
	}
	return h, nil
}

// welcome answers a hello and lets the worker have its share, in this order.
func (l *Link) welcome(w *worker, h rpc.Hello, id uint32) *rpc.Error {
	window := h.Window
	if window == 0 {
		window = unsaidWindow
	}
	log := l.log.With("worker", fmt.Sprintf("%s/%d", h.App, h.PID), "role", h.Role)
	w.log.Store(log)
	handler := h.Role == rpc.RoleHandler
	var refusal *rpc.Error
	l.update(func(s *steps) {
		w.hello, w.window = h, min(window, maxWindow)
		if handler {
			refusal = l.declare(w, time.Now())
		}
		if refusal == nil {
			l.learn(s, w) // as the hook, before the answer: tokens that are made after it are good
		}
	})
	if refusal != nil {
		return refusal
	}
	version, _ := h.Speaks()
	w.answer(id, &rpc.HelloResult{
		Protocol: version, Node: l.cfg.Node, Boot: l.cfg.Boot, Server: "realtime " + l.cfg.Version,
		MaxFrame: l.cfg.MaxFrame, Window: l.cfg.Window, Heartbeat: l.cfg.Heartbeat.Milliseconds(),
		Lost: l.counters.drops[dropDisconnect].Load(), Limits: l.limits(),
	})
	l.update(func(s *steps) {
		l.workers[w] = struct{}{}
		if handler {
			l.rematch(s)
		}
	})
	log.Info("a process of the app has connected", "language", h.Language, "version", h.Version,
		"generation", h.Generation, "namespaces", h.Namespaces, "expressions", h.Expressions, "window", window)
	return nil
}

// limits are what an app's library can know of what will be refused.
func (l *Link) limits() rpc.Limits {
	of := l.hub.Limits()
	return rpc.Limits{Payload: of.MaxPayload, Attachments: payload.MaxAttachments, Rooms: of.MaxRooms, Name: of.MaxName}
}

// retire makes sure that a worker gets nothing new, from now on or for ever. The caller holds l.mu.
func (l *Link) retire(s *steps, w *worker) {
	if _, known := l.workers[w]; !known || w.drained {
		return
	}
	w.drained = true
	if w.hello.Role == rpc.RoleHandler {
		l.undeclare(w, time.Now())
		l.rematch(s)
	}
}

// departed is the end of a connection: what it held goes to others or is lost.
func (l *Link) departed(w *worker) {
	w.mu.Lock()
	w.sealed = true
	held := w.unanswered
	w.unanswered = make(map[uint32]*task)
	w.mu.Unlock()
	l.update(func(s *steps) {
		l.retire(s, w)
		delete(l.conns, w)
		delete(l.workers, w)
		l.unlearn(s, w)
		for _, t := range held {
			if t != nil && t.progress == given && t.worker == w {
				l.orphaned(s, w, t)
			}
		}
		l.counters.serverEventsDropped.Add(int64(len(w.queue)))
		w.queue = nil
	})
}

// orphaned decides about a task whose worker has died with it. The caller holds l.mu.
func (l *Link) orphaned(s *steps, w *worker, t *task) {
	switch {
	case t.kind == serverEventing:
		l.clearDue(t)
		t.progress = over
	case t.kind == connecting && t.attempt >= maxConnectAttempts:
		l.abandon(s, t, "every worker that was asked has died", true)
	case t.kind == eventing && t.attempt > w.hello.Redeliver:
		s.drops[dropDied]++
		s.forgets = append(s.forgets, t)
		l.settled(s, t)
	default:
		if t.kind == eventing {
			l.counters.redelivered.Add(1)
		}
		t.attempt++
		l.returnToWaiting(s, t)
	}
}
