package hub

import (
	"slices"
	"strings"
	"sync"
	"time"

	"realtime/core/engine"
	"realtime/core/protocol/plain"
)

// What a history keeps: enough for a page that asks every minute or whose connection broke.
const (
	// HistoryAge is how long an emit is kept.
	HistoryAge = 5 * time.Minute
	// HistoryMessages and HistoryBytes are how many, over all namespaces. The oldest go first.
	HistoryMessages = 4096
	HistoryBytes    = 8 << 20
)

// history is what was emitted lately, for plain clients that were not there. It knows rooms alone: what is
// meant for users or for single sockets is not in it.
//
// Concurrency: all methods may be called from any goroutine.
type history struct {
	mu    sync.Mutex
	list  []record
	bytes int
	floor uint64 // the number of the youngest that was let go
}

// record is one emit.
type record struct {
	number    uint64
	at        time.Time
	namespace string
	everyone  bool
	rooms     []string // sorted; of those it was for
	except    []string
	message   *engine.Message
}

// add keeps an emit.
func (h *history) add(p *packet, sel *Select, now time.Time) {
	if sel.Restricted && len(sel.To) == 0 {
		return
	}
	r := record{
		number: p.number, at: now, namespace: strings.Clone(p.namespace), everyone: !sel.Restricted,
		rooms: cloneAll(sel.To), except: cloneAll(sel.Except), message: p.message(formPlain),
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, r)
	h.bytes += r.message.Size()
	h.trim(now)
}

// cloneAll copies names out of the frame they came in.
func cloneAll(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strings.Clone(name)
	}
	slices.Sort(list)
	return list
}

// trim lets go of what is beyond the limits. The caller holds h.mu.
func (h *history) trim(now time.Time) {
	n := 0
	for ; n < len(h.list); n++ {
		old := &h.list[n]
		if len(h.list)-n <= HistoryMessages && h.bytes <= HistoryBytes && now.Sub(old.at) <= HistoryAge {
			break
		}
		h.bytes -= old.message.Size()
		h.floor = max(h.floor, old.number)
	}
	h.list = slices.Delete(h.list, 0, n)
}

// since returns what was emitted behind a number for anybody in the namespace who is in one of the rooms; whole
// says that nothing of it was let go meanwhile. everyone adds what was for the whole namespace.
func (h *history) since(number uint64, namespace string, rooms []string, everyone bool, now time.Time) (list []*engine.Message, whole bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trim(now)
	for i := range h.list {
		r := &h.list[i]
		if r.number > number && r.namespace == namespace && r.reaches(rooms, everyone) {
			list = append(list, r.message)
		}
	}
	return list, number >= h.floor
}

func (r *record) reaches(rooms []string, everyone bool) bool {
	in := r.everyone && everyone
	for _, room := range rooms {
		if _, excluded := slices.BinarySearch(r.except, room); excluded {
			return false
		}
		_, meant := slices.BinarySearch(r.rooms, room)
		in = in || meant || r.everyone
	}
	return in
}

// Missed is what somebody in a namespace's rooms has missed: JSON objects, oldest first, and the offset to ask
// from next time. whole is false if some of it is no longer known: the age, or this node is a new one. An
// offset that is "" asks for nothing but the offset.
func (h *Hub) Missed(namespace string, rooms []string, offset string) (events [][]byte, next string, whole bool) {
	settled := h.offsets.settled()
	next = engine.Offset{Number: settled}.String()
	if offset == "" {
		return nil, next, true
	}
	from := engine.ParseOffset(offset).Number
	messages, whole := h.history.since(from, namespace, rooms, false, time.Now())
	for _, m := range messages {
		if _, number := m.Offset(); number <= settled {
			events = append(events, m.Text())
		}
	}
	return events, next, whole && from <= settled
}

// catchUp is what a plain client that names an offset is told before it is in: what it has missed of the
// socket's rooms and of what was for all.
func (s *Socket) catchUp() []*engine.Message {
	h := s.client.hub
	offset := codecs[s.client.form].cameFrom
	if offset == nil || !h.cfg.History {
		return nil
	}
	text := offset(s.client)
	if text == "" {
		return nil
	}
	from := engine.ParseOffset(text).Number
	missed, whole := h.history.since(from, s.namespace.name, s.namespace.roomsOf(s), true, time.Now())
	if !whole || from > h.offsets.settled() {
		return append([]*engine.Message{sayPlain(plain.Packet{Event: plain.Gap})}, missed...)
	}
	return missed
}

func (n *namespace) roomsOf(s *Socket) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rooms.names(s)
}
