package link

import (
	"strconv"
	"time"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

// deferred is an ack that the app still owes a client.
type deferred struct {
	socket socket
	ack    uint64
}

const (
	// Events whose ack was deferred, or that are unanswered, are remembered this long at most.
	deferredAge   = time.Hour
	deferredLimit = 65_536
)

// takeEvent takes one event of a client. pause says that no more should come.
func (l *Link) takeEvent(s socket, e hub.Event) (pause bool) {
	l.update(func(st *steps) {
		if l.events >= l.cfg.NodeEvents || l.bytes+len(e.Args) > l.cfg.NodeBytes {
			st.drops[dropNode]++
			return
		}
		if l.lanes[s] == nil && l.rejected.has(s.ID()) {
			return // it came while its socket was being refused
		}
		ln := l.laneOf(s)
		t := newTask(eventing, ln)
		t.event, t.id = e, l.nextID()
		l.push(ln, t)
		l.move(st, ln)
		if t.progress == waiting {
			l.setDue(t, t.arrived.Add(l.cfg.EventAge))
		}
		if ln.events >= l.cfg.SocketEvents || ln.bytes >= l.cfg.SocketBytes {
			ln.paused = true
			pause = true
		}
	})
	return pause
}

// nextID returns an id for an event: unique over starts, since it contains boot.
func (l *Link) nextID() string {
	return l.cfg.Boot + "-" + strconv.FormatUint(l.lastID.Add(1), 16)
}

// eventOverdue drops an event that nobody was there to take. While a worker serves the namespace
// the app is only busy: then the client is paused, not robbed. The caller holds l.mu.
func (l *Link) eventOverdue(s *steps, t *task, now time.Time) {
	since := t.arrived
	if n := t.lane.namespace; len(n.workers) > 0 {
		since = now
	} else {
		since = latest(since, l.lastServed(n))
	}
	if left := l.cfg.EventAge - now.Sub(since); left > 0 {
		l.setDue(t, now.Add(left))
		return
	}
	s.drops[dropAge]++
	s.forgets = append(s.forgets, t)
	l.settled(s, t)
}

// disconnect takes the end of a socket.
func (l *Link) disconnect(s socket, end *ending) {
	l.update(func(st *steps) {
		l.dropExpiry(s)
		if l.disconnects >= l.cfg.Disconnects {
			st.drops[dropDisconnect]++
			return
		}
		ln := l.laneOf(s)
		t := newTask(disconnecting, ln)
		t.gone, t.id = end, l.nextID()
		l.push(ln, t)
		l.move(st, ln)
	})
}

// answered takes the response to a task that a worker was given.
func (l *Link) answered(w *worker, t *task, f rpc.Frame) {
	l.mu.Lock()
	late := t.progress != given || t.worker != w
	if !late {
		t.progress = settling
		l.clearDue(t)
	}
	l.mu.Unlock()
	switch t.kind {
	case connecting:
		l.connectAnswered(t, f, late)
	case eventing:
		l.eventAnswered(t, f, late)
	case disconnecting, serverEventing:
		l.logFailure(t, f)
	}
	l.update(func(s *steps) {
		w.load--
		if !late && t.kind != connecting && t.kind != serverEventing {
			l.settled(s, t)
		}
		l.roomAt(s, w)
	})
}

func (l *Link) eventAnswered(t *task, f rpc.Frame, late bool) {
	if late {
		l.counters.late.Add(1)
		return
	}
	if f.Error != nil {
		if e := l.logFailure(t, f); e.ErrorAck() != nil {
			l.ack(t, e.ErrorAck())
			return
		}
		l.forgetAck(t)
		return
	}
	outcome, args, err := rpc.DecodeOutcome(f.Result)
	switch {
	case err != nil:
		l.counters.failures.Add(1)
		l.log.Error("the app's answer to an event cannot be read", "namespace", t.lane.namespace.name,
			"socket", t.lane.socket.ID(), "event", t.event.Name, "err", err)
		l.forgetAck(t)
	case outcome == rpc.AckNow:
		l.ack(t, args)
	case outcome == rpc.NoAck:
		l.forgetAck(t)
	}
}

// ack answers the client, unless that was done already through the ack method.
func (l *Link) ack(t *task, args []byte) {
	if !t.event.WantsAck {
		return
	}
	if d, ok := l.deferred.take(t.id); ok {
		l.sendAck(d, args)
	}
}

func (l *Link) sendAck(d deferred, args []byte) *rpc.Error {
	err := d.socket.Ack(d.ack, args)
	if err == nil {
		l.counters.acks.Add(1)
		return nil
	}
	answer := l.refusal(err)
	if answer.Code != rpc.CodeGone {
		l.log.Warn("an ack cannot be sent", "socket", d.socket.ID(), "err", err)
	}
	return answer
}

// forgetAck is for an event that will not be acked by this task any more.
func (l *Link) forgetAck(t *task) {
	if t.kind == eventing && t.event.WantsAck {
		l.deferred.take(t.id)
	}
}

// logFailure logs and counts an error that the app answered, and returns it, or nil.
func (l *Link) logFailure(t *task, f rpc.Frame) *rpc.Error {
	if f.Error == nil {
		return nil
	}
	e, err := rpc.DecodeError(f.Error)
	if err != nil {
		e = &rpc.Error{Code: rpc.CodeInternal}
	}
	l.counters.failures.Add(1)
	args := []any{"code", e.Code, "err", e.Message, "id", t.id}
	if t.lane != nil {
		args = append(args, "namespace", t.lane.namespace.name, "socket", t.lane.socket.ID(), "event", t.event.Name)
	}
	l.log.Warn("a handler of the app failed", args...)
	return e
}
