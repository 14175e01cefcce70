package hub

import (
	"slices"
	"strings"
	"time"

	"realtime/core/engine"
)

const (
	// DefaultPage is how many sockets a page has when nothing is asked for.
	DefaultPage = 1000

	// MaxPage is how many it has at most: about 2 MB on the app link.
	MaxPage = 10_000
)

// SocketInfo is one socket as a query saw it.
type SocketInfo struct {
	ID          string
	Namespace   string
	Rooms       []string // sorted; without the one of its own id
	User        string
	Data        []byte // MessagePack or nil; must not be changed
	Address     string
	Secure      bool
	Transport   string
	Dialect     engine.Dialect
	ConnectedAt time.Time
}

// RoomSize is a room and how many of the selected sockets are in it.
type RoomSize struct {
	Room    string
	Sockets int
}

// Sockets returns the selected sockets, of every namespace that fits if it is a pattern, in the order of their ids, at most limit of them (0 means
// DefaultPage, more than MaxPage is MaxPage), beginning after the id after. next is what to pass
// as after for the next page, or "" at the end. Pages are not a snapshot: who comes or goes
// between two may be missed, who stays is seen exactly once.
func (h *Hub) Sockets(sel Select, limit int, after string) (infos []SocketInfo, next string, err error) {
	namespaces, err := h.selected(&sel)
	if limit <= 0 {
		limit = DefaultPage
	}
	limit = min(limit, MaxPage)
	for _, n := range namespaces {
		page, cut := n.page(&sel, limit, after)
		infos = append(infos, page...)
		if cut != "" && (next == "" || cut < next) {
			next = cut // beyond it this namespace has not been looked at
		}
	}
	if len(namespaces) > 1 {
		infos, next = merged(infos, limit, next)
	}
	return infos, next, err
}

// merged makes one page of several, none of which may go beyond the id next, "" for no end.
func merged(infos []SocketInfo, limit int, next string) ([]SocketInfo, string) {
	if next != "" {
		infos = slices.DeleteFunc(infos, func(i SocketInfo) bool { return i.ID > next })
	}
	slices.SortFunc(infos, func(a, b SocketInfo) int { return strings.Compare(a.ID, b.ID) })
	if len(infos) > limit {
		infos, next = infos[:limit], infos[limit-1].ID
	}
	return infos, next
}

// selected returns the namespaces that are meant and have anybody in them.
func (h *Hub) selected(sel *Select) ([]*namespace, error) {
	if IsPattern(sel.Namespace) {
		return h.matching(sel.Namespace), nil
	}
	n, err := h.resolve(sel)
	if n == nil {
		return nil, err
	}
	return []*namespace{n}, nil
}

// page is one page of one namespace, in the order of ids, and the last id that was looked at if there
// are more.
func (n *namespace) page(sel *Select, limit int, after string) (infos []SocketInfo, next string) {
	list := n.snapshot(sel)
	defer list.giveBack()
	page := list.sockets[:0]
	for _, s := range list.sockets {
		if s.id > after {
			page = append(page, s)
		}
	}
	slices.SortFunc(page, func(a, b *Socket) int { return strings.Compare(a.id, b.id) })
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].id
	}
	return n.describe(page), next
}

// describe looks at the given sockets, leaving out those that have left meanwhile.
func (n *namespace) describe(sockets []*Socket) []SocketInfo {
	infos := make([]SocketInfo, 0, len(sockets))
	n.mu.Lock()
	for _, s := range sockets {
		if s.withdrawn {
			continue
		}
		infos = append(infos, SocketInfo{ID: s.id, Rooms: n.rooms.names(s), User: s.User(), Data: s.Data()})
	}
	n.mu.Unlock()
	at := 0
	for i := range infos {
		for sockets[at].id != infos[i].ID {
			at++
		}
		infos[i].complete(sockets[at])
	}
	return infos
}

// complete adds what needs no lock of the namespace.
func (i *SocketInfo) complete(s *Socket) {
	handshake := s.Handshake()
	slices.Sort(i.Rooms)
	i.Namespace = s.namespace.name
	i.Address = handshake.Address
	i.Secure = handshake.Secure
	i.Transport = s.Transport()
	i.Dialect = s.Dialect()
	i.ConnectedAt = s.ConnectedAt()
}

// Rooms returns the rooms that the selected sockets are in, sorted by name, each with the number
// of selected sockets in it. The rooms named by socket ids are not among them.
func (h *Hub) Rooms(sel Select) ([]RoomSize, error) {
	n, err := h.resolve(&sel)
	if n == nil {
		return nil, err
	}
	sizes := n.roomSizes(&sel)
	slices.SortFunc(sizes, func(a, b RoomSize) int { return strings.Compare(a.Room, b.Room) })
	return sizes, nil
}

func (n *namespace) roomSizes(sel *Select) []RoomSize {
	list := takeList()
	defer list.giveBack()
	n.mu.Lock()
	defer n.mu.Unlock()
	list.sockets = n.match(sel, false, list.sockets)
	counts := make(map[*group]int)
	for _, s := range list.sockets {
		for _, st := range s.stays {
			if st.group.index == &n.rooms {
				counts[st.group]++
			}
		}
	}
	sizes := make([]RoomSize, 0, len(counts))
	for g, count := range counts {
		sizes = append(sizes, RoomSize{Room: g.name, Sockets: count})
	}
	return sizes
}

// Count returns how many sockets are selected.
func (h *Hub) Count(sel Select) (int, error) {
	namespaces, err := h.selected(&sel)
	count := 0
	for _, n := range namespaces {
		list := n.snapshot(&sel)
		count += len(list.sockets)
		list.giveBack()
	}
	return count, err
}

// snapshot returns the selected sockets that are in, for the caller to give back.
func (n *namespace) snapshot(sel *Select) *socketList {
	list := takeList()
	n.mu.Lock()
	list.sockets = n.match(sel, false, list.sockets)
	n.mu.Unlock()
	return list
}
