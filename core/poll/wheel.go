package poll

import (
	"context"
	"math"
	"math/bits"
	"sync"
	"time"
)

const (
	// Tick is the precision of a Wheel.
	Tick = 10 * time.Millisecond

	slotBits = 6
	slots    = 1 << slotBits
	// last is the last tick a time.Duration reaches, after 292 years; a later deadline is that one.
	last = int64(math.MaxInt64 / Tick)
	// levels of 64 slots each span all ticks up to last, which has 40 bits.
	levels = 7
	// refineBatch is how many timers are moved to finer slots under one hold of the lock.
	refineBatch = 256
)

// Expirer is the owner of a Timer.
type Expirer interface {
	// Expired is called on the wheel's goroutine, with no lock held, when the deadline has passed.
	// It must not block: all other timers wait for it. It may Set and Stop any timer.
	Expired(now time.Time)
}

// Timer is one deadline, embedded by value in its owner. Its zero value is stopped. It must not be
// copied while it is set, and belongs to one Wheel as long as it is.
type Timer struct {
	owner Expirer
	next  *Timer
	prev  *Timer // nil for the first of its list
	tick  int64  // when it is due
	place place
}

// Init says whose timer it is. It must be called once, before Set.
func (t *Timer) Init(owner Expirer) { t.owner = owner }

// place is the list a timer is linked into.
type place uint16

// The lists besides the slots, which follow from firstSlot on, level by level.
const (
	stopped   place = iota
	expiring        // due, Expired is to be called
	firstSlot       // of level 0
	places    = int(firstSlot) + levels*slots
)

// Wheel holds timers in slots of growing width: level 0 has 64 slots of one tick, level 1 has 64 of
// 64 ticks, and so on. A timer sits on the highest level on which the digits (base 64) of its tick
// and of the present differ, and moves down as the present comes near, a few times in its life.
//
// Concurrency: Set and Stop may be called from any goroutine, from Expired too.
type Wheel struct {
	start time.Time
	wake  chan struct{} // an earlier deadline was set

	mu       sync.Mutex
	present  int64 // the tick up to which slots were emptied
	sleeping int64 // the tick Run sleeps until, or awake or never
	used     [levels]uint64
	lists    [places]*Timer
}

// Values of Wheel.sleeping besides ticks: any Set must wake a Run that sleeps for ever, and none a
// Run that will look at all lists before it sleeps.
const (
	awake = int64(-1)
	never = int64(math.MaxInt64)
)

// NewWheel makes an empty wheel. It starts nothing.
func NewWheel() *Wheel {
	return &Wheel{start: time.Now(), wake: make(chan struct{}, 1), sleeping: awake}
}

// Set makes t expire at the given time, whatever it was set to before: not earlier, and at most one
// Tick (and what the scheduler takes) later. A time in the past means as soon as possible.
//
// It takes O(1) and allocates nothing.
func (w *Wheel) Set(t *Timer, at time.Time) {
	if t.owner == nil {
		panic("poll: Set of a Timer without Init")
	}
	tick := w.ceil(at)
	w.mu.Lock()
	w.unlink(t)
	// What is late goes to the next tick, not among those being called, lest an owner that sets
	// its timer to the past from Expired keeps the others waiting for ever.
	tick = max(tick, w.present+1)
	t.tick = tick
	w.link(t)
	early := tick < w.sleeping
	if early {
		w.sleeping = awake // one wake-up is enough
	}
	w.mu.Unlock()
	if early {
		select {
		case w.wake <- struct{}{}:
		default: // Run was told already
		}
	}
}

// Stop makes t expire no more. It says nothing about a call of Expired that has begun, or is about
// to, on the wheel's goroutine: the owner must expect one more and look at its own state.
func (w *Wheel) Stop(t *Timer) {
	w.mu.Lock()
	w.unlink(t)
	w.mu.Unlock()
}

// Run calls the owners of due timers until ctx ends; then it returns nil. Without timers it sleeps
// until one is set. It must not be called twice at the same time.
func (w *Wheel) Run(ctx context.Context) error {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		now := time.Now()
		w.collect(w.floor(now))
		for ctx.Err() == nil {
			t := w.pop()
			if t == nil {
				break
			}
			t.owner.Expired(now)
		}
		if next := w.rest(); next == never {
			alarm.Stop()
		} else {
			alarm.Reset(time.Until(w.start.Add(time.Duration(next) * Tick)))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.wake:
		case <-alarm.C:
		}
	}
}

// collect moves the present to now and every timer that is due to the list expiring.
func (w *Wheel) collect(now int64) {
	for {
		w.mu.Lock()
		w.sleeping = awake
		tick, level, ok := w.nextSlot()
		if !ok || tick > now {
			w.present = max(w.present, now)
			w.mu.Unlock()
			return
		}
		w.present = tick
		w.mu.Unlock()
		for w.refine(slotOf(tick, level)) {
		}
	}
}

// refine moves some timers of a slot that has begun to where they belong now, and reports whether
// others are left. Nothing is added to such a slot: what is set in the meantime is nearer.
func (w *Wheel) refine(slot place) (more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := 0; n < refineBatch; n++ {
		t := w.lists[slot]
		if t == nil {
			return false
		}
		w.unlink(t)
		w.link(t)
	}
	return true
}

// pop takes one timer that is to be called.
func (w *Wheel) pop() *Timer {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.lists[expiring]
	if t != nil {
		w.unlink(t)
	}
	return t
}

// rest is the last look before Run sleeps: until which tick. From here on Set wakes it for earlier
// ones.
func (w *Wheel) rest() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sleeping = never
	if tick, _, ok := w.nextSlot(); ok {
		w.sleeping = tick
	}
	return w.sleeping
}

// nextSlot finds the first slot that is used, and the tick it begins at. Slots of a lower level come
// before those of a higher one: a timer shares all coarser digits of its tick with the present.
func (w *Wheel) nextSlot() (tick int64, level int, ok bool) {
	for level, used := range w.used {
		if used == 0 {
			continue
		}
		shift := slotBits * level
		coarse := w.present >> shift &^ (slots - 1)
		return (coarse | int64(bits.TrailingZeros64(used))) << shift, level, true
	}
	return 0, 0, false
}

// link puts t where its tick belongs.
func (w *Wheel) link(t *Timer) {
	p := expiring
	if t.tick > w.present {
		level := (bits.Len64(uint64(t.tick^w.present)) - 1) / slotBits
		p = slotOf(t.tick, level)
		w.used[level] |= 1 << (t.tick >> (slotBits * level) & (slots - 1))
	}
	t.place = p
	t.next = w.lists[p]
	if t.next != nil {
		t.next.prev = t
	}
	w.lists[p] = t
}

func slotOf(tick int64, level int) place {
	return firstSlot + place(level*slots) + place(tick>>(slotBits*level)&(slots-1))
}

// unlink takes t out of its list, if it is in one.
func (w *Wheel) unlink(t *Timer) {
	if t.place == stopped {
		return
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		w.lists[t.place] = t.next
		if t.next == nil {
			w.markUnused(t.place)
		}
	}
	t.next, t.prev, t.place = nil, nil, stopped
}

func (w *Wheel) markUnused(p place) {
	if p >= firstSlot {
		slot := p - firstSlot
		w.used[slot/slots] &^= 1 << (slot % slots)
	}
}

// ceil is the first tick that is not before at.
func (w *Wheel) ceil(at time.Time) int64 {
	d := at.Sub(w.start)
	if d <= 0 {
		return 0
	}
	return min(int64((d-1)/Tick)+1, last)
}

// floor is the last tick that is not after now.
func (w *Wheel) floor(now time.Time) int64 { return int64(now.Sub(w.start) / Tick) }
