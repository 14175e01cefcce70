package hub

import (
	"fmt"
	"slices"
	"time"
)

const (
	// MaxCallTimeout is the longest wait for acks: a person may have to press a button, but
	// nothing may be remembered for ever.
	MaxCallTimeout = time.Hour

	// maxCallBytes bounds the acks of one call. What would not fit into an answer of the app
	// link (16 MiB) together with the sockets' ids need not be collected.
	maxCallBytes = 12 << 20
)

// CallResult is what came of a call.
type CallResult struct {
	Acks      []SocketAck // in the order they came
	Expected  int         // how many sockets were asked
	Gone      []string    // those that left before they answered
	TimedOut  bool        // somebody had not answered when the time was over
	Truncated bool        // acks beyond 12 MiB were left out
}

// SocketAck is the answer of one socket. Args is a MessagePack array and belongs to whoever was
// given the result.
type SocketAck struct {
	Socket string
	Args   []byte
}

// Call emits like [Hub.Emit] and waits for the ack of every socket that was selected; one that
// leaves ends its own wait.
//
// Units and limits: timeout is positive and at most MaxCallTimeout; a socket has at most
// Config.MaxCalls calls waiting, else the call is refused with the code busy. Volatile does not
// apply and is ignored.
//
// Concurrency: never blocks. done is called exactly once unless Call returns an error, from any
// goroutine, perhaps before Call returns, and never under a lock; it must not block.
func (h *Hub) Call(e Emit, timeout time.Duration, done func(CallResult)) error {
	if timeout <= 0 || timeout > MaxCallTimeout {
		return &Error{CodeInvalid, fmt.Sprintf("timeout: must be over 0 and at most %s", MaxCallTimeout)}
	}
	id := h.lastAck.Add(1) - 1
	p, err := h.encodeEvent(&e, id, true)
	if err != nil {
		return err
	}
	defer p.giveBack()
	n := h.namespace(p.namespace)
	if n == nil {
		done(CallResult{})
		return nil
	}
	c := &call{id: id, namespace: n, done: done}
	return n.call(&e.Select, p, c, timeout, h.cfg.MaxCalls)
}

// A call waits for the acks of one event. Its fields belong to the namespace's lock until it is
// ended, and then to whoever ended it.
type call struct {
	id        uint64
	namespace *namespace
	done      func(CallResult)
	timer     *time.Timer
	waiting   map[*Socket]struct{}
	bytes     int
	result    CallResult
}

// finish reports a call that has ended.
func (c *call) finish() {
	c.timer.Stop()
	c.done(c.result)
}

// call registers c for the selected sockets and sends them the packet.
func (n *namespace) call(sel *Select, p *packet, c *call, timeout time.Duration, limit int) error {
	list := takeList()
	defer list.giveBack()
	n.mu.Lock()
	list.sockets = slices.DeleteFunc(n.match(sel, true, list.sockets), func(s *Socket) bool { return s.gone })
	if s := n.calls.busy(list.sockets, limit); s != nil {
		n.mu.Unlock()
		return &Error{CodeBusy, fmt.Sprintf(
			"socket %s already has %d calls waiting for its acks (max_calls)", s.id, limit)}
	}
	if len(list.sockets) == 0 {
		n.mu.Unlock()
		c.done(CallResult{})
		return nil
	}
	n.calls.add(c, list.sockets)
	c.timer = time.AfterFunc(timeout, func() { n.expire(c) })
	full := n.hold(list, p, false)
	n.mu.Unlock()
	for _, s := range full {
		s.overflow()
	}
	for _, s := range list.sockets {
		s.client.session.Send(p.message(s.client.form), false)
	}
	return nil
}

// answer records the ack of one socket. Ids that nobody waits for, or not from this socket, are
// ignored: they are late, repeated or made up.
func (n *namespace) answer(s *Socket, id uint64, args []byte) {
	n.mu.Lock()
	ended := n.calls.answer(s, id, args)
	n.mu.Unlock()
	if ended != nil {
		ended.finish()
	}
}

func (n *namespace) expire(c *call) {
	n.mu.Lock()
	ended := n.calls.expire(c)
	n.mu.Unlock()
	if ended {
		c.finish()
	}
}

// calls are the unanswered calls of a namespace. The namespace's lock guards them. They are kept
// here and not with the sockets, so that a socket nobody asks anything pays nothing.
type calls struct {
	byID     map[uint64]*call
	bySocket map[*Socket][]*call
}

// busy returns a socket that has as many calls waiting as it may have, or nil.
func (t *calls) busy(sockets []*Socket, limit int) *Socket {
	for _, s := range sockets {
		if len(t.bySocket[s]) >= limit {
			return s
		}
	}
	return nil
}

func (t *calls) add(c *call, sockets []*Socket) {
	if t.byID == nil {
		t.byID = make(map[uint64]*call)
		t.bySocket = make(map[*Socket][]*call)
	}
	t.byID[c.id] = c
	c.result.Expected = len(sockets)
	c.waiting = make(map[*Socket]struct{}, len(sockets))
	for _, s := range sockets {
		c.waiting[s] = struct{}{}
		t.bySocket[s] = append(t.bySocket[s], c)
	}
}

// answer returns the call if this was the last ack it waited for.
func (t *calls) answer(s *Socket, id uint64, args []byte) *call {
	c := t.byID[id]
	if c == nil {
		return nil
	}
	if _, asked := c.waiting[s]; !asked {
		return nil
	}
	t.forget(c, s)
	if c.bytes+len(args) > maxCallBytes {
		c.result.Truncated = true
	} else {
		c.bytes += len(args)
		c.result.Acks = append(c.result.Acks, SocketAck{Socket: s.id, Args: args})
	}
	return t.endIfDone(c)
}

// gone ends the waiting for a socket and returns the calls that this ended.
func (t *calls) gone(s *Socket) (ended []*call) {
	waiting := t.bySocket[s]
	delete(t.bySocket, s)
	for _, c := range waiting {
		delete(c.waiting, s)
		c.result.Gone = append(c.result.Gone, s.id)
		if t.endIfDone(c) != nil {
			ended = append(ended, c)
		}
	}
	return ended
}

// expire reports whether the call had not ended before.
func (t *calls) expire(c *call) bool {
	if t.byID[c.id] != c {
		return false
	}
	for s := range c.waiting {
		t.forget(c, s)
	}
	c.result.TimedOut = true
	delete(t.byID, c.id)
	return true
}

// forget removes s from those c waits for.
func (t *calls) forget(c *call, s *Socket) {
	delete(c.waiting, s)
	list := t.bySocket[s]
	for i := range list {
		if list[i] == c {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			list = list[:len(list)-1]
			break
		}
	}
	if len(list) == 0 {
		delete(t.bySocket, s)
		return
	}
	t.bySocket[s] = list
}

func (t *calls) endIfDone(c *call) *call {
	if len(c.waiting) > 0 {
		return nil
	}
	delete(t.byID, c.id)
	return c
}
