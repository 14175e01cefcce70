package hub

import (
	"slices"
	"sync"

	"realtime/core/engine"
)

// A namespace holds the sockets of one name, from the question to the application to their end.
// It exists while anybody is in it or asks to be.
type namespace struct {
	name string
	refs int // sockets that belong here; guarded by Hub.mu

	mu      sync.Mutex
	byID    map[string]*Socket // asked and joined; this is the room every socket has by its id
	aliases map[string]*Socket // those of them whose clients compute another id
	joined  []*Socket          // joined ones, at their Socket.slot
	waiting int                // how many have messages held back: asked, or being let in
	rooms   index
	users   index
	logins  index
	calls   calls
	epoch   uint64 // number of the last match, against Socket.mark
}

// notJoined is the slot of a socket that the application has not let in.
const notJoined = -1

func newNamespace(name string) *namespace {
	return &namespace{name: name, byID: make(map[string]*Socket)}
}

// ask adds a socket the application is about to be asked for. From here it can be addressed by
// its id, and by nothing else.
func (n *namespace) ask(s *Socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.slot = notJoined
	s.held = new(held)
	n.waiting++
	if !s.Recovered() { // until it is in, what is sent to its id gathers where it always did
		n.byID[s.id] = s
	}
	n.addAlias(s)
}

// admit lets a socket in, in the given rooms, and reports whether it was still there; if not, the
// rooms are those of its end. What is sent to it is held until release has emptied what was held.
func (n *namespace) admit(s *Socket, g Grant) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.withdrawn {
		s.addLastRooms(g.Rooms)
		return false
	}
	n.setAttributes(s, g.Data, g.User)
	if g.Login != "" {
		n.setLogin(s, g.Login)
	}
	for _, room := range g.Rooms {
		n.rooms.join(s, room)
	}
	s.slot = int32(len(n.joined))
	n.joined = append(n.joined, s)
	n.indexUser(s)
	return true
}

// release returns what was held for s since the last call, or nil when there is nothing left;
// from then on s is sent to directly.
func (n *namespace) release(s *Socket) []*engine.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.held == nil {
		return nil
	}
	messages := s.held.messages
	if len(messages) == 0 {
		s.held = nil
		n.waiting--
		return nil
	}
	s.held.messages, s.held.bytes = nil, 0
	return messages
}

// discard drops what is held for a socket that was let in but left before it was welcomed.
func (n *namespace) discard(s *Socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.held != nil {
		s.held = nil
		n.waiting--
	}
}

// withdraw takes a socket out of everything, unless that has been done, and returns the calls that
// this ended, for the caller to report. What is held for a socket that was let in stays until
// release or discard.
func (n *namespace) withdraw(s *Socket) (over []*call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.withdrawn {
		return nil
	}
	s.withdrawn = true
	s.addLastRooms(n.rooms.names(s))
	leaveAll(s)
	if n.byID[s.id] == s {
		delete(n.byID, s.id)
	}
	n.dropAlias(s)
	if s.slot == notJoined {
		s.held = nil
		n.waiting--
	} else {
		last := len(n.joined) - 1
		moved := n.joined[last]
		n.joined[s.slot], moved.slot = moved, s.slot
		n.joined[last] = nil
		n.joined = shrink(n.joined[:last])
		s.slot = notJoined
	}
	return n.calls.gone(s)
}

// match appends the selected sockets to list, each once, in an order that depends only on what
// happened before, at a cost of the members it looks at. withAsked adds those that are not in yet
// and are addressed by their id. The caller holds n.mu.
func (n *namespace) match(sel *Select, withAsked bool, list []*Socket) []*Socket {
	if !sel.Restricted && len(sel.Except) == 0 && len(sel.ExceptUsers) == 0 {
		return append(list, n.joined...)
	}
	n.epoch++ // a socket marked with this number is excluded, or in the list already
	for _, name := range sel.Except {
		s, isID := n.addressed(name)
		switch {
		case !isID:
			n.exclude(n.rooms.members(name))
		case s != nil:
			s.mark = n.epoch
		}
	}
	for _, user := range sel.ExceptUsers {
		n.exclude(n.users.members(user))
	}
	if !sel.Restricted {
		for _, s := range n.joined {
			if s.mark != n.epoch {
				list = append(list, s)
			}
		}
		return list
	}
	for _, name := range sel.To {
		s, isID := n.addressed(name)
		if !isID {
			list = n.include(list, n.rooms.members(name))
			continue
		}
		if s != nil && s.mark != n.epoch && (withAsked || s.slot != notJoined) {
			s.mark = n.epoch
			list = append(list, s)
		}
	}
	for _, user := range sel.Users {
		list = n.include(list, n.users.members(user))
	}
	for _, login := range sel.Logins {
		list = n.include(list, n.logins.members(login))
	}
	return list
}

func (n *namespace) exclude(members []member) {
	for _, m := range members {
		m.socket.mark = n.epoch
	}
}

// include appends the members that are in and not marked, and marks them. A socket that is still
// being asked for may be in rooms already, but only its id reaches it.
func (n *namespace) include(list []*Socket, members []member) []*Socket {
	list = slices.Grow(list, len(members))
	for _, m := range members {
		s := m.socket
		if s.mark != n.epoch && s.slot != notJoined {
			s.mark = n.epoch
			list = append(list, s)
		}
	}
	return list
}

// join puts the selected sockets into the rooms, all or none of them.
func (n *namespace) join(sel *Select, rooms []string, limit int) (int, error) {
	list := takeList()
	defer list.giveBack()
	n.mu.Lock()
	defer n.mu.Unlock()
	list.sockets = n.match(sel, true, list.sockets)
	for _, s := range list.sockets {
		total := n.rooms.count(s)
		if total+len(rooms) <= limit {
			continue
		}
		for i, room := range rooms {
			if !n.rooms.has(s, room) && !slices.Contains(rooms[:i], room) {
				total++
			}
		}
		if total > limit {
			return 0, errTooManyRooms(s.id, total, limit)
		}
	}
	for _, s := range list.sockets {
		for _, room := range rooms {
			n.rooms.join(s, room)
		}
	}
	return len(list.sockets), nil
}

func (n *namespace) leave(sel *Select, rooms []string) int {
	list := takeList()
	defer list.giveBack()
	n.mu.Lock()
	defer n.mu.Unlock()
	list.sockets = n.match(sel, true, list.sockets)
	for _, s := range list.sockets {
		for _, room := range rooms {
			n.rooms.leave(s, room)
		}
	}
	return len(list.sockets)
}

// set replaces what the application keeps with a socket and reports whether it is here.
func (n *namespace) set(socket string, data []byte, user *string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, _ := n.addressed(socket)
	if s == nil {
		return false
	}
	n.setAttributes(s, data, user)
	if s.slot != notJoined {
		n.indexUser(s)
	}
	return true
}

// setAttributes replaces what is given and keeps what is nil. The caller holds n.mu.
func (n *namespace) setAttributes(s *Socket, data []byte, user *string) {
	if data == nil && user == nil {
		return
	}
	var a attributes
	if old := s.attributes.Load(); old != nil {
		a = *old
	}
	if data != nil {
		a.data = data
	}
	if user != nil {
		a.user = *user
	}
	s.attributes.Store(&a)
}

// setLogin notes which login a socket came with; it is for ever. The caller holds n.mu.
func (n *namespace) setLogin(s *Socket, login string) {
	var a attributes
	if old := s.attributes.Load(); old != nil {
		a = *old
	}
	a.login = login
	s.attributes.Store(&a)
	n.logins.join(s, login)
}

// indexUser makes the users' index agree with the socket's user. The caller holds n.mu.
func (n *namespace) indexUser(s *Socket) {
	user := s.User()
	for _, old := range n.users.names(s) {
		if old != user {
			n.users.leave(s, old)
		}
	}
	if user != "" {
		n.users.join(s, user)
	}
}
