package poll

import "sync/atomic"

// state is all that happens to a Conn, in one word, so that the source of events, the worker, Arm
// and Close need no lock to agree.
//
//	bits 0-2  ready: the Event bits seen and not yet used up. HangUp is never used up.
//	bits 3-4  wants: the Interest of the last Arm
//	bit  5    armed: a call is owed as soon as ready and wants meet
//	bit  6    busy: the Conn is in the pool's queue or its handler runs
//	bit  7    gone: closed or released
//
// Who turns busy on owes the pool one push; the worker that pops the Conn turns it off.
type state struct{ atomic.Uint32 }

const (
	readyMask  = uint32(Readable | Writable | HangUp)
	wantsShift = 3
	wantsMask  = uint32(Read|Write) << wantsShift
	armed      = uint32(1) << 5
	busy       = uint32(1) << 6
	gone       = uint32(1) << 7
)

// due is the set of events that v owes its handler, or 0.
func due(v uint32) Event {
	if v&(armed|gone) != armed {
		return 0
	}
	return Event(v&readyMask) & (Event(v>>wantsShift)&(Readable|Writable) | HangUp)
}

// raise adds events. push: the caller must give the Conn to the pool.
func (s *state) raise(e Event) (push bool) {
	for {
		old := s.Load()
		v := old | uint32(e)
		push = v&busy == 0 && due(v) != 0
		if push {
			v |= busy
		}
		if v == old || s.CompareAndSwap(old, v) {
			return push
		}
	}
}

// lower forgets an event before the system call that finds out anew.
func (s *state) lower(e Event) { s.And(^uint32(e)) }

// arm sets the interest. Writable is forgotten: nothing tells when the room ran out, so the source
// is asked each time. ok is false when the Conn is gone.
func (s *state) arm(i Interest) (push, ok bool) {
	for {
		old := s.Load()
		if old&gone != 0 {
			return false, false
		}
		v := old&^(wantsMask|uint32(Writable)) | armed | uint32(i)<<wantsShift&wantsMask
		push = v&busy == 0 && due(v) != 0
		if push {
			v |= busy
		}
		if s.CompareAndSwap(old, v) {
			return push, true
		}
	}
}

// begin is the worker's question for a Conn it popped: which events to call the handler with. It
// uses the arming up, or, when the interest changed in the meantime and nothing is due any more,
// turns busy off and returns 0.
func (s *state) begin() Event {
	for {
		old := s.Load()
		e := due(old)
		v := old &^ armed
		if e == 0 {
			v = old &^ busy
		}
		if s.CompareAndSwap(old, v) {
			return e
		}
	}
}

// finish ends a handler's call. push: the Conn was armed during the call and is due again, so it
// stays busy and the worker must queue it again.
func (s *state) finish() (push bool) {
	for {
		old := s.Load()
		if due(old) != 0 {
			return true
		}
		if s.CompareAndSwap(old, old&^busy) {
			return false
		}
	}
}

// leave marks the Conn as gone; only the first caller gets true.
func (s *state) leave() bool { return s.Or(gone)&gone == 0 }

func (s *state) left() bool { return s.Load()&gone != 0 }
