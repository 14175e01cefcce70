package link

import (
	"slices"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

var _ hub.App = (*Link)(nil)

// Connect asks the app whether a socket may enter; see [hub.App].
func (l *Link) Connect(s *hub.Socket, auth []byte) {
	if past := s.Past(); past != nil {
		l.inherit(past, s)
	}
	l.connect(s, auth)
}

// Event hands an event to the app; see [hub.App].
func (l *Link) Event(s *hub.Socket, e hub.Event) (pause bool) { return l.takeEvent(s, e) }

// Disconnect tells the app of a socket's end; see [hub.App].
func (l *Link) Disconnect(s *hub.Socket, reason string, rooms []string) {
	l.disconnect(s, &ending{reason: reason, rooms: slices.Clone(rooms), user: s.User(), login: s.Login(), data: s.Data()})
}

// give appends a task's request to the worker's outbox.
func (w *worker) give(t *task, attempt int) outcome {
	limit := w.link.cfg.MaxFrame
	switch t.kind {
	case connecting:
		return w.ask(t, rpc.MethodConnect, w.link.question(t), limit)
	case eventing:
		s := t.lane.socket
		if t.event.WantsAck {
			// Before the event: its ack may overtake the answer that defers it.
			w.link.deferred.add(t.id, deferred{s, t.event.Ack})
		}
		w.link.counters.given.Add(1)
		return w.ask(t, rpc.MethodEvent, &rpc.Event{
			ID: t.id, Socket: s.ID(), Namespace: s.Namespace(), Event: t.event.Name, Args: t.event.Args,
			Ack: t.event.WantsAck, User: s.User(), Login: s.Login(), Data: s.Data(), Attempt: attempt,
			Client: clientOf(s),
		}, limit)
	case disconnecting:
		s := t.lane.socket
		return w.ask(t, rpc.MethodDisconnect, &rpc.Disconnected{
			ID: t.id, Socket: s.ID(), Namespace: s.Namespace(), Reason: t.gone.reason,
			User: t.gone.user, Login: t.gone.login, Data: t.gone.data, Rooms: t.gone.rooms,
			Client: clientOf(s),
		}, limit)
	default:
		return w.ask(t, rpc.MethodServerEvent, t.serverEvent, limit)
	}
}

func clientOf(s socket) rpc.Client {
	return rpc.Client{Dialect: s.Dialect().String(), Transport: s.Transport()}
}

func (l *Link) question(t *task) *rpc.Connect {
	s := t.lane.socket
	h := s.Handshake()
	q := &rpc.Connect{
		Socket: s.ID(), Namespace: s.Namespace(), Auth: t.auth, Claims: l.claims(t), Recovered: s.Recovered(),
		Handshake: rpc.Handshake{
			Address: h.Address, URL: h.URL, Secure: h.Secure, Time: h.Time.UnixMilli(),
			Client: clientOf(s),
		},
	}
	for _, f := range h.Headers {
		q.Handshake.Headers = append(q.Handshake.Headers, rpc.Pair{Name: f.Name, Value: f.Value})
	}
	for _, f := range h.Query {
		q.Handshake.Query = append(q.Handshake.Query, rpc.Pair{Name: f.Name, Value: f.Value})
	}
	return q
}
