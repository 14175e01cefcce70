package hub

import (
	"sync"

	"realtime/core/engine"
)

// What a socket may have waiting while the application is asked for it and until the client has
// its CONNECT answer. More closes the session: the client comes back, and a message is never
// silently missing from the middle.
const (
	maxHeldMessages = 1024
	maxHeldBytes    = 1 << 20
)

// held is what was sent to a socket that has not had its CONNECT answer.
type held struct {
	messages []*engine.Message
	bytes    int
	full     bool // the session is being closed for it
}

// deliver sends to all that are selected. Two deliveries of one goroutine reach each socket in
// order, because a send only queues and is done when deliver returns; a socket that is being let
// in gets what is held for it before anything sent directly.
func (n *namespace) deliver(sel *Select, p *packet, volatile bool) {
	p.enter(sel, volatile)
	defer p.leave()
	list := takeList()
	defer list.giveBack()
	n.mu.Lock()
	list.sockets = n.match(sel, true, list.sockets)
	full := n.hold(list, p, volatile)
	n.mu.Unlock()
	for _, s := range full {
		s.overflow()
	}
	for _, s := range list.sockets {
		s.send(p.message(s.client.form), volatile)
	}
}

// send gives a message to the socket's session, or to that of the heir that has taken over meanwhile.
func (s *Socket) send(m *engine.Message, volatile bool) {
	if s.client.session.Send(m, volatile) || volatile {
		return
	}
	if next := s.heir(); next != nil && !next.namespace.holdFor(next, m) {
		next.send(m, false)
	}
}

// holdFor keeps a message for a socket that is being let in. It reports false if that is not so.
func (n *namespace) holdFor(s *Socket, m *engine.Message) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.held == nil {
		return false
	}
	s.held.messages = append(s.held.messages, m)
	s.held.bytes += m.Size()
	return true
}

// hold takes out of the list who has to wait, and keeps the packet for them; a volatile one is
// dropped, for they cannot be given it now. It returns the sockets that this made too many
// messages for. The caller holds n.mu.
func (n *namespace) hold(list *socketList, p *packet, volatile bool) (full []*Socket) {
	if n.waiting == 0 {
		return nil
	}
	open := list.sockets[:0]
	for _, s := range list.sockets {
		if s.held == nil {
			open = append(open, s)
			continue
		}
		if volatile || s.held.full {
			continue
		}
		h := s.held
		if len(h.messages) == maxHeldMessages || h.bytes+p.size > maxHeldBytes {
			h.full = true
			full = append(full, s)
			continue
		}
		h.messages = append(h.messages, p.message(s.client.form))
		h.bytes += p.size
	}
	clear(list.sockets[len(open):])
	list.sockets = open
	return full
}

// A socketList is a snapshot of matched sockets. It is pooled because a broadcast to ten thousand
// needs 80 KB of it for less than a millisecond (BenchmarkBroadcast).
type socketList struct{ sockets []*Socket }

var socketLists = sync.Pool{New: func() any { return new(socketList) }}

func takeList() *socketList { return socketLists.Get().(*socketList) }

// giveBack forgets the sockets, so that the pool keeps nobody alive, and returns the list.
func (l *socketList) giveBack() {
	clear(l.sockets)
	l.sockets = l.sockets[:0]
	socketLists.Put(l)
}
