package link

import (
	"fmt"
	"time"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

const (
	// What may wait for a worker that is busy of the events of other processes.
	serverEventCount = 1024
	serverEventBytes = 4 << 20
)

func selection(s rpc.Select) hub.Select {
	return hub.Select{
		Namespace: s.Namespace, To: s.To, Restricted: s.Restricted(),
		Users: s.Users, Logins: s.Logins, Except: s.Except, ExceptUsers: s.ExceptUsers,
	}
}

func emission(e rpc.Emit) hub.Emit {
	return hub.Emit{
		Select: selection(e.Select), Event: e.Event, Args: e.Args,
		Volatile: e.Volatile, Local: e.Local, Uncompressed: e.Uncompressed,
	}
}

// awaitBacklog holds publishers back while clients cannot keep up. It is the one thing a reader
// waits for; it ends with the connection.
func (w *worker) awaitBacklog(method string) {
	if w.link.cfg.WaitBacklog != nil && (method == rpc.MethodEmit || method == rpc.MethodBatch || method == rpc.MethodCall) {
		w.link.cfg.WaitBacklog(w.life)
	}
}

// emit carries out an emit that came as a request: one with an id that was accepted before is not
// repeated.
func (w *worker) emit(params []byte) (rpc.Appender, error) {
	e, err := rpc.DecodeEmit(params)
	if err != nil {
		return nil, err
	}
	return w.once(e.ID, func() error { return w.link.emitAll(e) })
}

func (w *worker) batch(params []byte) (rpc.Appender, error) {
	b, err := rpc.DecodeBatch(params)
	if err != nil {
		return nil, err
	}
	return w.once(b.ID, func() error { return w.link.emitBatch(w.link.unknownOf(b.Emits), true) })
}

// once does what an id stands for at most once. The id is taken before, so that the same request
// over a second connection does not overtake the first.
func (w *worker) once(id string, do func() error) (rpc.Appender, error) {
	l := w.link
	if id == "" {
		id = l.nextID()
	} else if !l.accepted.add(id, struct{}{}) {
		l.counters.repeated.Add(1)
		return rpc.EmitResult{ID: id}, nil
	} else {
		do = forgetOnError(do, func() { l.accepted.take(id) })
	}
	if err := do(); err != nil {
		return nil, err
	}
	return rpc.EmitResult{ID: id}, nil
}

func forgetOnError(do func() error, forget func()) func() error {
	return func() error {
		err := do()
		if err != nil {
			forget()
		}
		return err
	}
}

func (l *Link) emitAll(emits ...rpc.Emit) error {
	for _, e := range emits {
		if err := l.hub.Emit(emission(e)); err != nil {
			l.counters.rejected.Add(1)
			return err
		}
		l.counters.emits.Add(1)
	}
	return nil
}

// emitBatch takes all or none: each is checked before the first is sent.
func (l *Link) emitBatch(emits []rpc.Emit, remember bool) error {
	for i, e := range emits {
		if err := l.hub.Check(emission(e)); err != nil {
			l.counters.rejected.Add(int64(len(emits)))
			return inBatch(i, l.refusal(err))
		}
	}
	if err := l.emitAll(emits...); err != nil {
		return err
	}
	for _, e := range emits {
		if remember && e.ID != "" {
			l.accepted.add(e.ID, struct{}{})
		}
	}
	return nil
}

func inBatch(i int, e *rpc.Error) error {
	return &hub.Error{Code: string(e.Code), Message: fmt.Sprintf("emit %d of the batch: %s", i, e.Message)}
}

// unknownOf leaves out the emits that were accepted before, by their own ids.
func (l *Link) unknownOf(emits []rpc.Emit) []rpc.Emit {
	fresh := emits[:0]
	for _, e := range emits {
		if e.ID != "" && l.accepted.has(e.ID) {
			l.counters.repeated.Add(1)
			continue
		}
		fresh = append(fresh, e)
	}
	return fresh
}

// emitUnanswered carries out an emit that came as a notification; only a refusal comes back.
func (w *worker) emitUnanswered(params []byte) {
	w.awaitBacklog(rpc.MethodEmit)
	e, err := rpc.DecodeEmit(params)
	if err == nil {
		err = w.link.emitAll(e)
	} else {
		w.link.counters.rejected.Add(1)
	}
	w.reject(e.ID, err)
}

func (w *worker) batchUnanswered(params []byte) {
	w.awaitBacklog(rpc.MethodBatch)
	b, err := rpc.DecodeBatch(params)
	if err == nil {
		err = w.link.emitBatch(b.Emits, false)
	} else {
		w.link.counters.rejected.Add(1)
	}
	w.reject(b.ID, err)
}

func (w *worker) reject(id string, err error) {
	if err == nil {
		return
	}
	e := w.link.refusal(err)
	w.notify(rpc.MethodRejected, &rpc.Rejected{ID: id, Code: e.Code, Message: e.Message})
}

// call emits and answers when the acks are in.
func (w *worker) call(f rpc.Frame) error {
	w.awaitBacklog(f.Method)
	w.mu.Lock()
	_, twice := w.calls[f.ID]
	full := len(w.calls) >= w.link.cfg.Window
	if !twice && !full {
		w.calls[f.ID] = struct{}{}
	}
	w.mu.Unlock()
	switch {
	case twice:
		return fmt.Errorf("link: request %d came while another of this id is unanswered", f.ID)
	case full:
		w.link.counters.busy.Add(1)
		w.fail(f.ID, &rpc.Error{Code: rpc.CodeBusy, Message: fmt.Sprintf("%d requests are unanswered", w.link.cfg.Window)})
		return nil
	}
	c, err := rpc.DecodeCall(f.Params)
	if err == nil {
		err = w.link.hub.Call(emission(c.Emit), callTimeout(c.Timeout), func(r hub.CallResult) { w.called(f.ID, r) })
	}
	if err != nil {
		w.uncall(f.ID)
		w.fail(f.ID, w.link.refusal(err))
	}
	return nil
}

// callTimeout leaves it to the hub to refuse what is too long, without overflowing on the way.
func callTimeout(ms int64) time.Duration {
	const most = int64(24 * time.Hour / time.Millisecond)
	return time.Duration(min(ms, most)) * time.Millisecond
}

func (w *worker) called(id uint32, r hub.CallResult) {
	w.uncall(id)
	result := &rpc.CallResult{
		Expected: r.Expected, Gone: r.Gone, TimedOut: r.TimedOut, Truncated: r.Truncated, Room: w.room(),
	}
	for _, a := range r.Acks {
		result.Acks = append(result.Acks, rpc.SocketAck{Socket: a.Socket, Args: a.Args})
	}
	w.answer(id, result)
}

func (w *worker) uncall(id uint32) {
	w.mu.Lock()
	delete(w.calls, id)
	w.mu.Unlock()
}

// serverEmit hands an event to every handler process of this node but the sender's own, as Socket.IO's
// serverSideEmit does: who says it knows it already.
func (w *worker) serverEmit(params []byte) (rpc.Appender, error) {
	e, err := rpc.DecodeServerEvent(params)
	if err != nil {
		return nil, err
	}
	e.Args = owned(e.Args)
	l := w.link
	l.counters.serverEvents.Add(1)
	l.update(func(s *steps) {
		for to := range l.workers {
			if to == w || !to.takesWork() {
				continue
			}
			t := newTask(serverEventing, nil)
			t.serverEvent = &e
			switch {
			case to.load < to.window && len(to.queue) == 0:
				l.giveServerEvent(s, to, t)
			case len(to.queue) < serverEventCount && to.queueBytes+len(e.Args) <= serverEventBytes:
				to.queue = append(to.queue, t)
				to.queueBytes += len(e.Args)
			default:
				l.counters.serverEventsDropped.Add(1)
			}
		}
	})
	return rpc.Empty{}, nil
}
