package hub

import (
	"slices"
	"strings"
	"sync"
	"time"

	"realtime/core/engine"
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
	list  []record // in an order in which whatever was settled before an emit stands before it
	bytes int
	floor uint64 // the highest number that was let go
}

// record is one emit.
type record struct {
	number    uint64
	at        time.Time
	namespace string
	everyone  bool
	message   *engine.Message

	// Sorted, and copied out of the frame that they came in.
	rooms       []string
	except      []string
	exceptUsers []string
}

// A reader is somebody who may have missed something.
type reader struct {
	namespace string
	rooms     []string
	user      string // "" for none
	member    bool   // was let into the namespace, and not only shown rooms of it
}

// add keeps an emit, if anybody who is not there could be meant.
func (h *history) add(p *packet, sel *Select, now time.Time) {
	r := record{
		number: p.place.number, at: now, namespace: strings.Clone(p.namespace), everyone: !sel.Restricted,
		rooms: roomsAmong(sel.To), except: roomsAmong(sel.Except), exceptUsers: cloneAll(sel.ExceptUsers),
	}
	if !r.everyone && len(r.rooms) == 0 {
		return
	}
	r.message = p.message(formPlain)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, r)
	h.bytes += r.message.Size()
	h.trim(now)
}

// roomsAmong returns those of the names that are not sockets' ids: nobody comes back with the same.
func roomsAmong(names []string) []string {
	return cloneAll(slices.DeleteFunc(slices.Clone(names), isSocketID))
}

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
	clear(h.list[:n]) // the array moves on only now and then, and must not keep them alive
	h.list = h.list[n:]
}

// since returns what a reader at a place has missed; whole says that nothing of it was let go meanwhile.
func (h *history) since(from place, who *reader, now time.Time) (list []record, whole bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trim(now)
	for i := range h.list {
		if r := &h.list[i]; from.before(r.number) && r.reaches(who) {
			list = append(list, *r)
		}
	}
	return list, from.settled >= h.floor
}

// reaches reports whether the emit was for somebody like this reader.
func (r *record) reaches(who *reader) bool {
	if r.namespace != who.namespace || who.user != "" && has(r.exceptUsers, who.user) {
		return false
	}
	meant := r.everyone && who.member
	for _, room := range who.rooms {
		if has(r.except, room) {
			return false
		}
		meant = meant || r.everyone || has(r.rooms, room)
	}
	return meant
}

func has(sorted []string, name string) bool {
	_, found := slices.BinarySearch(sorted, name)
	return found
}
