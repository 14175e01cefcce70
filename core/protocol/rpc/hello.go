package rpc

import "fmt"

// Limits of a hello, so that what a program declares once stays small for ever.
const (
	maxNamespaces  = 256 // patterns of one handler
	maxExpressions = 64  // regular expressions of one handler; each is tried on each new name
	maxHelloText   = 256 // bytes of each text in it
	maxHelloKeys   = 8   // the newest and some that it has replaced

	// minKey and maxKey are in bytes. RFC 7518, section 3.2, wants as many as the hash has.
	minKey = 32
	maxKey = 256
)

// Hello is what the app says first.
type Hello struct {
	Lowest, Highest int // versions it speaks
	Features        []string
	Role            Role
	App             string
	Language        string
	Version         string
	PID             int64
	Generation      string
	Namespaces      []string // patterns: "/chat", "/room-*"
	Expressions     []string // regular expressions for whole names, not compiled yet: "/room-[0-9]+"
	ConnectHook     bool
	DisconnectHook  bool
	Window          int      // 0: not said
	Redeliver       int      // how often an event is given again after its worker died
	Keys            [][]byte // secrets for tokens, newest first; alias the frame
	Token           string
}

// DecodeHello reads the parameters of a hello.
//
// Errors: *ParamError. An unknown role is one; an unknown hook is not, a newer app may have it.
func DecodeHello(params []byte) (Hello, error) {
	var h Hello
	f := open(params)
	for f.next() {
		switch string(f.key) {
		case "protocol":
			h.Lowest, h.Highest = f.versions()
		case "features":
			h.Features = f.texts()
		case "role":
			h.Role = Role(f.text())
		case "app":
			h.App = f.short()
		case "language":
			h.Language = f.short()
		case "version":
			h.Version = f.short()
		case "pid":
			h.PID = f.number()
		case "generation":
			h.Generation = f.short()
		case "namespaces":
			h.Namespaces = f.texts()
		case "expressions":
			h.Expressions = f.texts()
		case "hooks":
			for _, hook := range f.texts() {
				h.ConnectHook = h.ConnectHook || hook == HookConnect
				h.DisconnectHook = h.DisconnectHook || hook == HookDisconnect
			}
		case "window":
			h.Window = f.count()
		case "redeliver":
			h.Redeliver = f.count()
		case "keys":
			h.Keys = f.keys()
		case "token":
			h.Token = f.text()
		}
	}
	if f.err != nil {
		return Hello{}, f.err
	}
	return h, h.check()
}

func (h Hello) check() error {
	switch {
	case h.Lowest < 1 || h.Highest < h.Lowest:
		return &ParamError{"protocol", "must be [lowest, highest]"}
	case h.Role != RoleHandler && h.Role != RoleEmitter && h.Role != RoleAdmin:
		return &ParamError{"role", fmt.Sprintf("%q is not handler, emitter or admin", h.Role)}
	case len(h.Namespaces) > maxNamespaces:
		return &ParamError{"namespaces", fmt.Sprintf("at most %d", maxNamespaces)}
	case len(h.Expressions) > maxExpressions:
		return &ParamError{"expressions", fmt.Sprintf("at most %d", maxExpressions)}
	}
	for _, n := range h.Namespaces {
		if n == "" || n[0] != '/' || len(n) > maxHelloText {
			return &ParamError{"namespaces", fmt.Sprintf("%.64q: a pattern begins with / and has at most %d bytes", n, maxHelloText)}
		}
	}
	for _, e := range h.Expressions {
		if e == "" || len(e) > maxHelloText {
			return &ParamError{"expressions", fmt.Sprintf("%.64q: an expression has 1 to %d bytes", e, maxHelloText)}
		}
	}
	return nil
}

// Speaks returns the highest version that both sides speak.
func (h Hello) Speaks() (version int, ok bool) {
	v := min(h.Highest, HighestVersion)
	return v, v >= max(h.Lowest, LowestVersion)
}

func (f *fields) versions() (lowest, highest int) {
	r := reader{b: f.val}
	if n, ok := r.arrayLen(); !ok || n != 2 {
		f.fail("must be [lowest, highest]")
		return 0, 0
	}
	low, ok1 := r.number()
	high, ok2 := r.number()
	if !ok1 || !ok2 || low < 0 || high < 0 || high > 1<<16 || low > 1<<16 {
		f.fail("must be [lowest, highest]")
		return 0, 0
	}
	return int(low), int(high)
}

func (f *fields) short() string {
	s := f.text()
	if len(s) > maxHelloText {
		f.fail(fmt.Sprintf("at most %d bytes", maxHelloText))
	}
	return s
}

func (f *fields) keys() [][]byte {
	r := reader{b: f.val}
	n, ok := r.arrayLen()
	if !ok || n > maxHelloKeys {
		f.fail(fmt.Sprintf("not a list of at most %d", maxHelloKeys))
		return nil
	}
	list := make([][]byte, 0, n)
	for range n {
		key, ok := r.bin()
		if !ok || len(key) < minKey || len(key) > maxKey {
			f.fail(fmt.Sprintf("a key is binary and has %d to %d bytes", minKey, maxKey))
			return nil
		}
		list = append(list, key)
	}
	return list
}

// count reads a number that is not negative; beyond 2^31 all are the same.
func (f *fields) count() int {
	n := f.number()
	if n < 0 {
		f.fail("is negative")
	}
	return int(min(n, 1<<31-1))
}

// HelloResult is the sidecar's answer.
type HelloResult struct {
	Protocol  int
	Features  []string
	Node      string
	Boot      string // unique per start of the sidecar
	Server    string
	MaxFrame  int
	Window    int   // how many unanswered requests the app may have
	Heartbeat int64 // milliseconds

	// Lost is how many disconnects were dropped since the sidecar started. An app that finds more
	// than at its last hello asks for the sockets there are.
	Lost int64

	Limits Limits
}

// Limits are those of an emit, so that an app's library can refuse at the call what would be refused
// here. One that is 0 is not told.
type Limits struct {
	Payload     int // bytes of an emit or an ack as clients get it, attachments included
	Attachments int // binary values of an emit or an ack
	Rooms       int // rooms of one socket
	Name        int // bytes of the name of a room, a user or a namespace
}

func (l Limits) append(dst []byte) []byte {
	pairs := [...]struct {
		name  string
		value int
	}{{"payload", l.Payload}, {"attachments", l.Attachments}, {"rooms", l.Rooms}, {"name", l.Name}}
	told := 0
	for _, p := range pairs {
		told += one(p.value > 0)
	}
	dst = appendMapLen(dst, told)
	for _, p := range pairs {
		if p.value > 0 {
			dst = appendInt(appendString(dst, p.name), int64(p.value))
		}
	}
	return dst
}

// Append appends the result.
func (h *HelloResult) Append(dst []byte) []byte {
	limited := h.Limits != Limits{}
	dst = appendMapLen(dst, 8+one(h.Lost > 0)+one(limited))
	dst = appendUint(appendString(dst, "protocol"), uint64(h.Protocol))
	dst = appendStrings(appendString(dst, "features"), h.Features)
	dst = appendString(appendString(dst, "node"), h.Node)
	dst = appendString(appendString(dst, "boot"), h.Boot)
	dst = appendString(appendString(dst, "server"), h.Server)
	dst = appendInt(appendString(dst, "max_frame"), int64(h.MaxFrame))
	dst = appendInt(appendString(dst, "window"), int64(h.Window))
	dst = appendInt(appendString(dst, "heartbeat"), h.Heartbeat)
	if h.Lost > 0 {
		dst = appendInt(appendString(dst, "lost_disconnects"), h.Lost)
	}
	if limited {
		dst = h.Limits.append(appendString(dst, "limits"))
	}
	return dst
}

// VersionError is the answer to a hello without a common version.
func VersionError() *Error {
	data := appendString(appendMapLen(nil, 1), "protocol")
	data = appendUint(appendUint(appendArrayLen(data, 2), LowestVersion), HighestVersion)
	return &Error{
		Code:    CodeVersion,
		Message: fmt.Sprintf("this sidecar speaks versions %d to %d", LowestVersion, HighestVersion),
		Data:    data,
	}
}
