package hub

import "slices"

// An index says which sockets are in which groups, both ways. A group is a room or the sockets
// of a user; each kind has an index of its own, so that no room can pass for a user. It is pure:
// whoever owns it brings the lock.
//
// Both sides are slices whose entries know their place on the other side, so that joining,
// leaving and walking the members cost the same in a room of ten and of a hundred thousand.
// A socket's room named by its own id is not here: see namespace.byID.
type index struct {
	groups map[string]*group
}

// A group holds its members in the order they joined, except that who leaves is replaced by
// the last one.
type group struct {
	index   *index
	name    string
	members []member
}

// A member is a socket in a group. at is the place of this group in socket.stays.
type member struct {
	socket *Socket
	at     int32
}

// A stay is a socket's side of a membership. at is the place of the socket in group.members.
type stay struct {
	group *group
	at    int32
}

// join puts s into the group called name and reports whether it was not there before.
func (x *index) join(s *Socket, name string) bool {
	g := x.groups[name]
	if g == nil {
		if x.groups == nil {
			x.groups = make(map[string]*group)
		}
		g = &group{index: x, name: name}
		x.groups[name] = g
	} else if s.find(g) >= 0 {
		return false
	}
	at := int32(len(s.stays))
	s.stays = append(s.stays, stay{group: g, at: int32(len(g.members))})
	g.members = append(g.members, member{socket: s, at: at})
	return true
}

// leave takes s out of the group called name and reports whether it was there.
func (x *index) leave(s *Socket, name string) bool {
	g := x.groups[name]
	if g == nil {
		return false
	}
	i := s.find(g)
	if i < 0 {
		return false
	}
	g.remove(s.stays[i].at)
	last := len(s.stays) - 1
	if i != last {
		moved := s.stays[last]
		s.stays[i] = moved
		moved.group.members[moved.at].at = int32(i)
	}
	s.stays[last] = stay{}
	s.stays = shrink(s.stays[:last])
	return true
}

// leaveAll takes s out of every group of every index.
func leaveAll(s *Socket) {
	for _, st := range s.stays {
		st.group.remove(st.at)
	}
	s.stays = nil
}

// members returns the members of a group. It is valid until the index changes.
func (x *index) members(name string) []member {
	if g := x.groups[name]; g != nil {
		return g.members
	}
	return nil
}

// has reports whether s is in the group called name.
func (x *index) has(s *Socket, name string) bool {
	g := x.groups[name]
	return g != nil && s.find(g) >= 0
}

// names returns the groups of this index that s is in, in no promised order.
func (x *index) names(s *Socket) []string {
	var names []string
	for _, st := range s.stays {
		if st.group.index == x {
			names = append(names, st.group.name)
		}
	}
	return names
}

// count returns how many groups of this index s is in.
func (x *index) count(s *Socket) int {
	n := 0
	for _, st := range s.stays {
		if st.group.index == x {
			n++
		}
	}
	return n
}

// remove takes out the member at the given place; an empty group is forgotten.
func (g *group) remove(at int32) {
	last := int32(len(g.members) - 1)
	if at != last {
		moved := g.members[last]
		g.members[at] = moved
		moved.socket.stays[moved.at].at = at
	}
	g.members[last] = member{}
	g.members = shrink(g.members[:last])
	if last == 0 {
		delete(g.index.groups, g.name)
	}
}

// find returns the place of g among the stays of s, or -1. A socket is in few rooms (at most
// Config.MaxRooms), so looking through them beats a map, which each socket would pay for.
func (s *Socket) find(g *group) int {
	for i := range s.stays {
		if s.stays[i].group == g {
			return i
		}
	}
	return -1
}

// shrinkFrom is the capacity below which giving memory back is not worth a copy.
const shrinkFrom = 64

// shrink gives memory back once three quarters of it are unused: a room that was large for an
// hour must not stay large for a month.
func shrink[T any](list []T) []T {
	if cap(list) < shrinkFrom || len(list) > cap(list)/4 {
		return list
	}
	return slices.Clone(list)
}
