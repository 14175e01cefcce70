package rpc

// The results that are lists are cut where they would not fit in a frame: room is how many bytes
// the result may take, and what is left out is announced by truncated: true.

// margin is what a frame and the fixed keys of a result need beside the list.
const margin = 512

// EmitResult is the answer to emit and batch.
type EmitResult struct{ ID string }

// Append appends the result.
func (r EmitResult) Append(dst []byte) []byte {
	return appendName(appendString(appendMapLen(dst, 1), "id"), r.ID)
}

// Count is the answer to join, leave, disconnect and count.
type Count int

// Append appends the result.
func (c Count) Append(dst []byte) []byte {
	return appendInt(appendString(appendMapLen(dst, 1), "count"), int64(c))
}

// SocketAck is one ack of a call.
type SocketAck struct {
	Socket string
	Args   []byte // MessagePack array
}

// CallResult is the answer to a call.
type CallResult struct {
	Acks     []SocketAck
	Expected int
	Gone     []string
	TimedOut bool

	Truncated bool // acks were left out already
	Room      int  // bytes; 0 means as many as a frame has
}

// Append appends the result.
func (r *CallResult) Append(dst []byte) []byte {
	left := budget(r.Room)
	acks, gone := r.Acks, r.Gone
	for i := range acks {
		if left -= len(acks[i].Socket) + len(acks[i].Args) + 4; left < 0 {
			acks = acks[:i]
			break
		}
	}
	for i := range gone {
		if left -= len(gone[i]) + 2; left < 0 {
			gone = gone[:i]
			break
		}
	}
	cut := r.Truncated || len(acks) < len(r.Acks) || len(gone) < len(r.Gone)
	dst = appendHead(dst, 4, cut)
	dst = appendArrayLen(appendString(dst, "acks"), len(acks))
	for i := range acks {
		dst = appendString(appendArrayLen(dst, 2), acks[i].Socket)
		dst = appendRaw(dst, acks[i].Args)
	}
	dst = appendInt(appendString(dst, "expected"), int64(r.Expected))
	dst = appendStrings(appendString(dst, "gone"), gone)
	return appendCut(appendBool(appendString(dst, "timed_out"), r.TimedOut), cut)
}

// SocketInfo is one socket as the app may see it.
type SocketInfo struct {
	ID          string
	Namespace   string
	Rooms       []string
	User        string // "" for none
	Data        []byte // one value; nil for none
	Address     string
	Secure      bool
	Transport   string
	Dialect     string
	ConnectedAt int64 // milliseconds since 1970
}

func (s *SocketInfo) append(dst []byte) []byte {
	dst = appendMapLen(dst, 10)
	dst = appendString(appendString(dst, "id"), s.ID)
	dst = appendString(appendString(dst, "namespace"), s.Namespace)
	dst = appendStrings(appendString(dst, "rooms"), s.Rooms)
	dst = appendName(appendString(dst, "user"), s.User)
	dst = appendRaw(appendString(dst, "data"), s.Data)
	dst = appendString(appendString(dst, "address"), s.Address)
	dst = appendBool(appendString(dst, "secure"), s.Secure)
	dst = appendString(appendString(dst, "transport"), s.Transport)
	dst = appendString(appendString(dst, "dialect"), s.Dialect)
	return appendInt(appendString(dst, "connected_at"), s.ConnectedAt)
}

// SocketsResult is one page of sockets. When it is cut, the page ends earlier and Next is the last
// socket that is in it, so that asking on loses nothing.
type SocketsResult struct {
	Sockets    []SocketInfo
	Next       string   // what to give as after for the next page; "" when this is the last
	Unanswered []string // nodes
	Room       int      // bytes; 0 means as many as a frame has
}

// Append appends the result.
func (r *SocketsResult) Append(dst []byte) []byte {
	left := budget(r.Room)
	var list []byte
	n, next := 0, r.Next
	for i := range r.Sockets {
		whole := r.Sockets[i].append(list)
		if len(whole) > left {
			next = ""
			if n > 0 {
				next = r.Sockets[n-1].ID
			}
			break
		}
		list, n = whole, n+1
	}
	dst = appendHead(dst, 3, n < len(r.Sockets))
	dst = append(appendArrayLen(appendString(dst, "sockets"), n), list...)
	dst = appendName(appendString(dst, "next"), next)
	return appendCut(appendStrings(appendString(dst, "unanswered"), r.Unanswered), n < len(r.Sockets))
}

// RoomSize is a room and how many sockets are in it.
type RoomSize struct {
	Name string
	Size int
}

// RoomsResult is the answer to rooms.
type RoomsResult struct {
	Rooms []RoomSize
	Room  int // bytes; 0 means as many as a frame has
}

// Append appends the result.
func (r *RoomsResult) Append(dst []byte) []byte {
	left := budget(r.Room)
	rooms := r.Rooms
	for i := range rooms {
		if left -= len(rooms[i].Name) + 14; left < 0 {
			rooms = rooms[:i]
			break
		}
	}
	dst = appendHead(dst, 1, len(rooms) < len(r.Rooms))
	dst = appendMapLen(appendString(dst, "rooms"), len(rooms))
	for _, room := range rooms {
		dst = appendInt(appendString(dst, room.Name), int64(room.Size))
	}
	return appendCut(dst, len(rooms) < len(r.Rooms))
}

// Counter is one number of stats.
type Counter struct {
	Name  string
	Value int64
}

// Counters is the answer to stats: a map of names to numbers.
type Counters []Counter

// Append appends the result.
func (c Counters) Append(dst []byte) []byte {
	dst = appendMapLen(dst, len(c))
	for _, n := range c {
		dst = appendInt(appendString(dst, n.Name), n.Value)
	}
	return dst
}

func budget(room int) int {
	if room <= 0 {
		room = MaxFrame
	}
	return room - margin
}

// appendHead opens a map of n keys and one more when the answer is cut, which appendCut adds.
func appendHead(dst []byte, n int, cut bool) []byte {
	if cut {
		n++
	}
	return appendMapLen(dst, n)
}

func appendCut(dst []byte, cut bool) []byte {
	if !cut {
		return dst
	}
	return appendBool(appendString(dst, "truncated"), true)
}
