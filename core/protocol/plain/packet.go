package plain

import "errors"

// A Packet is an event, or the answer to one.
type Packet struct {
	Event  string // the name; "" if IsAck
	Args   []byte // a JSON array; nil is written as an empty one, and never read
	ID     uint64 // if HasID: of an event that wants an answer. If IsAck: of the event that it answers
	HasID  bool
	IsAck  bool
	Offset string // by which a client asks for what came later; "" for none. It is not read
}

// Events of the server's own. Apps cannot emit the first three: Socket.IO keeps their names for itself.
const (
	// Connect says that the client is in. Its argument is {"sid": …}.
	Connect = "connect"
	// ConnectError says that it is not, and never will be: {"message": …, "data": …}. The connection
	// ends.
	ConnectError = "connect_error"
	// Disconnect says that it was put out. The connection ends.
	Disconnect = "disconnect"
	// Gap says that some of what the client has missed is no longer known.
	Gap = "realtime:gap"
)

// What is wrong with a message; Parse wraps them.
var (
	ErrObject = errors.New("plain: not a JSON object")
	ErrField  = errors.New("plain: a field of another type: event is a text, args a list, id and ack are numbers")
	ErrKind   = errors.New("plain: neither an event nor an ack")
)
