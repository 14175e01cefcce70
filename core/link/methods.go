package link

import (
	"errors"
	"fmt"
	"time"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

// resultRoom is what the envelope of a response takes of a frame, at most.
const resultRoom = 16

// methods are what an app asks for and is answered at once. The others are in request.
var methods = map[string]func(w *worker, params []byte) (rpc.Appender, error){
	rpc.MethodEmit:       (*worker).emit,
	rpc.MethodBatch:      (*worker).batch,
	rpc.MethodJoin:       (*worker).join,
	rpc.MethodLeave:      (*worker).leave,
	rpc.MethodDisconnect: (*worker).disconnect,
	rpc.MethodSockets:    (*worker).sockets,
	rpc.MethodRooms:      (*worker).rooms,
	rpc.MethodCount:      (*worker).count,
	rpc.MethodSet:        (*worker).set,
	rpc.MethodAck:        (*worker).ack,
	rpc.MethodServerEmit: (*worker).serverEmit,
	rpc.MethodStats:      (*worker).stats,
	rpc.MethodPing:       func(*worker, []byte) (rpc.Appender, error) { return rpc.Empty{}, nil },
}

// request carries out a request and answers it. An error ends the connection.
func (w *worker) request(f rpc.Frame) error {
	switch f.Method {
	case rpc.MethodCall:
		return w.call(f)
	case rpc.MethodDrain:
		w.drain(f.ID)
		return nil
	}
	do := methods[f.Method]
	if do == nil {
		w.fail(f.ID, &rpc.Error{Code: rpc.CodeUnknownMethod, Message: fmt.Sprintf("no method %.64q", f.Method)})
		return nil
	}
	w.awaitBacklog(f.Method)
	result, err := do(w, f.Params)
	if err != nil {
		w.fail(f.ID, w.link.refusal(err))
		return nil
	}
	w.answer(f.ID, result)
	return nil
}

// notification carries out what wants no answer.
func (w *worker) notification(f rpc.Frame) error {
	switch f.Method {
	case rpc.MethodEmit:
		w.emitUnanswered(f.Params)
	case rpc.MethodBatch:
		w.batchUnanswered(f.Params)
	case rpc.MethodWindow:
		return w.resize(f.Params)
	case rpc.MethodBye:
		w.log.Load().Debug("the app says bye", "reason", string(rpc.DecodeReason(f.Params)))
		w.link.update(func(s *steps) { w.link.retire(s, w) })
	case rpc.MethodJoin, rpc.MethodLeave, rpc.MethodDisconnect, rpc.MethodSet, rpc.MethodAck, rpc.MethodServerEmit:
		if _, err := methods[f.Method](w, f.Params); err != nil {
			w.log.Load().Debug("a notification of the app was refused", "method", f.Method, "err", err)
		}
	default:
		w.log.Load().Debug("a notification nobody knows", "method", fmt.Sprintf("%.64s", f.Method))
	}
	return nil
}

// answer appends a result, or says that it does not fit.
func (w *worker) answer(id uint32, result rpc.Appender) {
	w.send(func(dst []byte) []byte {
		before := len(dst)
		dst = rpc.AppendResult(dst, id, result)
		if len(dst)-before-rpc.HeaderSize > w.link.cfg.MaxFrame {
			return rpc.AppendError(dst[:before], id, &rpc.Error{
				Code: rpc.CodeTruncated, Message: "the answer does not fit in a frame",
			})
		}
		return dst
	})
}

func (w *worker) fail(id uint32, e *rpc.Error) {
	w.send(func(dst []byte) []byte { return rpc.AppendError(dst, id, e) })
}

// refusal is what an app may read of an error.
func (l *Link) refusal(err error) *rpc.Error {
	var param *rpc.ParamError
	var refused *hub.Error
	switch {
	case errors.As(err, &param):
		return &rpc.Error{Code: rpc.CodeInvalid, Message: param.Error()}
	case errors.As(err, &refused):
		return &rpc.Error{Code: rpc.Code(refused.Code), Message: refused.Message}
	}
	l.log.Error("a request of the app failed", "err", err)
	return &rpc.Error{Code: rpc.CodeInternal, Message: "the sidecar's log says more"}
}

func (w *worker) room() int { return w.link.cfg.MaxFrame - resultRoom }

func (w *worker) join(params []byte) (rpc.Appender, error) {
	c, err := rpc.DecodeRoomChange(params)
	if err != nil {
		return nil, err
	}
	n, err := w.link.hub.Join(selection(c.Select), c.Rooms)
	return rpc.Count(n), err
}

func (w *worker) leave(params []byte) (rpc.Appender, error) {
	c, err := rpc.DecodeRoomChange(params)
	if err != nil {
		return nil, err
	}
	n, err := w.link.hub.Leave(selection(c.Select), c.Rooms)
	return rpc.Count(n), err
}

func (w *worker) disconnect(params []byte) (rpc.Appender, error) {
	d, err := rpc.DecodeDisconnect(params)
	if err != nil {
		return nil, err
	}
	sel, how := selection(d.Select), hub.EndSocket
	switch {
	case d.Reconnect:
		how = hub.SendAway
	case d.Close:
		how = hub.EndSession
	}
	if d.Close && d.Logins != nil {
		sel.Namespace = hub.EveryNamespace // a login is of sessions, not of sockets
	}
	if d.Close && len(d.Except) == 0 && len(d.ExceptUsers) == 0 {
		w.link.remember(sel)
	}
	n, err := w.link.hub.Disconnect(sel, how)
	return rpc.Count(n), err
}

func (w *worker) sockets(params []byte) (rpc.Appender, error) {
	q, err := rpc.DecodeSockets(params)
	if err != nil {
		return nil, err
	}
	infos, next, err := w.link.hub.Sockets(selection(q.Select), q.Limit, q.After)
	result := &rpc.SocketsResult{Next: next, Room: w.room()}
	for _, i := range infos {
		result.Sockets = append(result.Sockets, rpc.SocketInfo{
			ID: i.ID, Namespace: i.Namespace, Rooms: i.Rooms, User: i.User, Data: i.Data, Address: i.Address,
			Secure: i.Secure, Transport: i.Transport, Dialect: i.Dialect.String(), ConnectedAt: i.ConnectedAt.UnixMilli(),
		})
	}
	return result, err
}

func (w *worker) rooms(params []byte) (rpc.Appender, error) {
	s, err := rpc.DecodeSelect(params)
	if err != nil {
		return nil, err
	}
	sizes, err := w.link.hub.Rooms(selection(s))
	result := &rpc.RoomsResult{Room: w.room()}
	for _, size := range sizes {
		result.Rooms = append(result.Rooms, rpc.RoomSize{Name: size.Room, Size: size.Sockets})
	}
	return result, err
}

func (w *worker) count(params []byte) (rpc.Appender, error) {
	s, err := rpc.DecodeSelect(params)
	if err != nil {
		return nil, err
	}
	n, err := w.link.hub.Count(selection(s))
	return rpc.Count(n), err
}

func (w *worker) set(params []byte) (rpc.Appender, error) {
	s, err := rpc.DecodeSet(params)
	if err != nil {
		return nil, err
	}
	return rpc.Empty{}, w.link.hub.Set(s.Socket, owned(s.Data), s.User)
}

// ack answers an event that was deferred, from any process.
func (w *worker) ack(params []byte) (rpc.Appender, error) {
	a, err := rpc.DecodeAck(params)
	if err != nil {
		return nil, err
	}
	d, ok := w.link.deferred.take(a.ID)
	if !ok {
		return nil, &hub.Error{Code: hub.CodeGone, Message: "no event of this id waits for its ack"}
	}
	return rpc.Empty{}, d.socket.Ack(d.ack, a.Args)
}

func (w *worker) stats([]byte) (rpc.Appender, error) { return w.link.counterList(), nil }

// resize takes a new window.
func (w *worker) resize(params []byte) error {
	size, err := rpc.DecodeWindow(params)
	if err != nil {
		return fmt.Errorf("link: window: %w", err)
	}
	w.link.update(func(s *steps) {
		w.window = min(size, maxWindow)
		w.link.roomAt(s, w)
	})
	return nil
}

// drain takes the worker out of the routing; the answer is the last thing after which nothing more
// is given.
func (w *worker) drain(id uint32) {
	w.link.update(func(s *steps) { w.link.retire(s, w) })
	w.send(func(dst []byte) []byte {
		w.sealed = true // under the outbox's lock, which send holds
		return rpc.AppendResult(dst, id, rpc.Empty{})
	})
}

// roomAt gives a worker what waits for it alone, then to all what waits. The caller holds l.mu.
func (l *Link) roomAt(s *steps, w *worker) {
	for len(w.queue) > 0 && w.load < w.window && w.takesWork() {
		t := w.queue[0]
		w.queue = w.queue[1:]
		w.queueBytes -= len(t.serverEvent.Args)
		l.giveServerEvent(s, w, t)
	}
	l.pumpAll(s)
}

func (l *Link) giveServerEvent(s *steps, w *worker, t *task) {
	t.progress, t.worker = given, w
	w.load++
	l.setDue(t, time.Now().Add(l.cfg.HandlerTimeout))
	s.gives = append(s.gives, t)
}
