package hub

// What a namespace knows of parked sockets and their heirs; see recovery.go.

// find returns the socket with an id, or nil.
func (n *namespace) find(id string) *Socket {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byID[id]
}

// absent notes that nobody is behind a socket at present: no call waits for it. It returns the calls that this
// ended, for the caller to report.
func (n *namespace) absent(s *Socket) (over []*call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.gone = true
	return n.calls.gone(s)
}

// absentees returns the parked sockets.
func (n *namespace) absentees() []*Socket {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []*Socket
	for _, s := range n.joined {
		if s.gone {
			list = append(list, s)
		}
	}
	return list
}

// inherit puts an heir in the place of its predecessor, which is out of the namespace then: it has its
// id, its rooms and what the application keeps with it, unless the grant says otherwise. What is sent to the heir is
// held until release, as for any new socket.
//
// It reports false if that cannot be: without a predecessor if the heir has left, or with the one that
// has ended.
func (n *namespace) inherit(s *Socket, g Grant) (past *Socket, in bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.withdrawn {
		return nil, false
	}
	past = s.recovery.past.Swap(nil)
	if past == nil || past.withdrawn {
		return past, past != nil && !past.withdrawn
	}
	rooms := g.Rooms
	if rooms == nil || g.Add {
		rooms = append(n.rooms.names(past), rooms...)
	}
	past.withdrawn = true
	leaveAll(past)
	n.joined[past.slot], s.slot, past.slot = s, past.slot, notJoined
	n.byID[s.id] = s
	n.setAttributes(s, g.Data, g.User)
	login := g.Login
	if login == "" {
		login = s.Login()
	}
	if login != "" {
		n.setLogin(s, login)
	}
	for _, room := range rooms {
		n.rooms.join(s, room)
	}
	n.indexUser(s)
	return past, true
}
