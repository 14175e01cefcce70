package hub

import (
	"time"

	"realtime/core/engine"
	"realtime/core/protocol/plain"
)

// Missed is what somebody in a namespace's rooms has missed: JSON objects, oldest first, and the offset to ask
// from next time. whole is false if some of it is no longer known: the age, or this node is a new one. An
// offset that is "" asks for nothing but the offset.
func (h *Hub) Missed(namespace string, rooms []string, offset string) (events [][]byte, next string, whole bool) {
	settled := h.offsets.settled()
	next = place{settled, settled}.String()
	if offset == "" {
		return nil, next, true
	}
	missed, whole := h.missed(parsePlace(offset), &reader{namespace: namespace, rooms: rooms})
	for _, r := range missed {
		if r.number <= settled { // what is not is for the next time
			events = append(events, r.message.Text())
		}
	}
	return events, next, whole
}

// missed is what a reader at a place has missed, and whether that is everything. A place that is ahead of
// us is one of another node, or of this one before it started.
func (h *Hub) missed(from place, who *reader) (list []record, whole bool) {
	list, whole = h.history.since(from, who, time.Now())
	return list, whole && from.number <= h.offsets.latest()
}

// catchUp is what a client that says where it was is told before it is in: what it has missed of the
// socket's rooms and of what was for all.
func (s *Socket) catchUp() (messages []*engine.Message) {
	h := s.client.hub
	cameFrom := codecs[s.client.form].cameFrom
	if cameFrom == nil || !h.cfg.History {
		return nil
	}
	offset := cameFrom(s.client)
	if offset == "" {
		return nil
	}
	missed, whole := h.missed(parsePlace(offset), &reader{
		namespace: s.namespace.name, rooms: s.namespace.roomsOf(s), user: s.User(), member: true,
	})
	if !whole {
		messages = append(messages, sayPlain(plain.Packet{Event: plain.Gap}))
	}
	for _, r := range missed {
		messages = append(messages, r.message)
	}
	return messages
}

func (n *namespace) roomsOf(s *Socket) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rooms.names(s)
}
