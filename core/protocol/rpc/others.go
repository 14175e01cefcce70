package rpc

// Set replaces what the connect answer gave a socket.
type Set struct {
	Socket string
	Data   []byte  // nil: leave it; one value otherwise, nil's byte included; aliases the frame
	User   *string // nil: leave it; "": none
}

// DecodeSet reads the parameters of set. Here a nil value is not an absent key: it takes away.
func DecodeSet(params []byte) (Set, error) {
	var s Set
	f := open(params)
	for f.pair() {
		switch string(f.key) {
		case "socket":
			s.Socket = f.id()
		case "data":
			s.Data = f.val
		case "user":
			s.User = f.user()
		}
	}
	if f.err == nil && s.Socket == "" {
		return s, &ParamError{"socket", "is missing"}
	}
	return s, f.err
}

func (f *fields) user() *string {
	var user string
	if !isNil(f.val) {
		user = f.name()
	}
	return &user
}

// Ack answers an event that was deferred.
type Ack struct {
	ID   string
	Args []byte // MessagePack array; aliases the frame
}

// DecodeAck reads the parameters of ack.
func DecodeAck(params []byte) (Ack, error) {
	a := Ack{Args: noArgs}
	f := open(params)
	for f.next() {
		switch string(f.key) {
		case "id":
			a.ID = f.id()
		case "args":
			a.Args = f.list()
		}
	}
	if f.err == nil && a.ID == "" {
		return a, &ParamError{"id", "is missing"}
	}
	return a, f.err
}

// ServerEvent is an event from app process to app process: server_emit and server_event.
type ServerEvent struct {
	Namespace string
	Event     string
	Args      []byte // MessagePack array; aliases the frame when decoded
}

// DecodeServerEvent reads the parameters of server_emit.
func DecodeServerEvent(params []byte) (ServerEvent, error) {
	e := ServerEvent{Namespace: "/", Args: noArgs}
	f := open(params)
	for f.next() {
		switch string(f.key) {
		case "namespace":
			e.Namespace = f.text()
		case "event":
			e.Event = f.name()
		case "args":
			e.Args = f.list()
		}
	}
	if f.err == nil && e.Event == "" {
		return e, &ParamError{"event", "is missing"}
	}
	return e, f.err
}

// Append appends the parameters of server_event.
func (e *ServerEvent) Append(dst []byte) []byte {
	dst = appendMapLen(dst, 3)
	dst = appendString(appendString(dst, "namespace"), e.Namespace)
	dst = appendString(appendString(dst, "event"), e.Event)
	return appendRaw(appendString(dst, "args"), e.Args)
}

// DecodeWindow reads the parameters of window: how many requests the worker takes at once.
func DecodeWindow(params []byte) (int, error) {
	size := -1
	f := open(params)
	for f.next() {
		if string(f.key) == "size" {
			size = f.count()
		}
	}
	if f.err == nil && size < 0 {
		return 0, &ParamError{"size", "is missing"}
	}
	return size, f.err
}

// Reason is the parameters of bye and drain.
type Reason string

// DecodeReason reads the parameters of bye and drain. The reason is for people: a wrong one is none.
func DecodeReason(params []byte) Reason {
	var reason string
	f := open(params)
	for f.next() {
		if string(f.key) == "reason" {
			reason = f.text()
		}
	}
	return Reason(reason)
}

// Append appends the parameters.
func (r Reason) Append(dst []byte) []byte {
	dst = appendString(appendMapLen(dst, 1), "reason")
	return appendString(dst, string(r))
}

// Empty is the parameters and the result that say nothing: an empty map.
type Empty struct{}

// Append appends the map.
func (Empty) Append(dst []byte) []byte { return appendMapLen(dst, 0) }
