package socketio

import "strconv"

// Type is the kind of a packet: its first character on the wire.
type Type byte

// Source: socket.io-protocol revision 5, "Packet types".
const (
	Connect      Type = '0'
	Disconnect   Type = '1'
	Event        Type = '2'
	Ack          Type = '3'
	ConnectError Type = '4'
	BinaryEvent  Type = '5'
	BinaryAck    Type = '6'
)

// String returns the name of the type in the specification.
func (t Type) String() string {
	switch t {
	case Connect:
		return "CONNECT"
	case Disconnect:
		return "DISCONNECT"
	case Event:
		return "EVENT"
	case Ack:
		return "ACK"
	case ConnectError:
		return "CONNECT_ERROR"
	case BinaryEvent:
		return "BINARY_EVENT"
	case BinaryAck:
		return "BINARY_ACK"
	}
	return strconv.QuoteRune(rune(t))
}

// Binary reports whether packets of this type carry a count of attachments.
func (t Type) Binary() bool { return t == BinaryEvent || t == BinaryAck }

// MainNamespace is the namespace of a packet that names none.
const MainNamespace = "/"

// Packet is one Socket.IO packet without the attachments themselves.
type Packet struct {
	Type        Type
	Attachments int    // binary messages that follow; only with BinaryEvent and BinaryAck
	Namespace   string // begins with "/"; empty means MainNamespace to Append, never comes from Parse
	Query       string // of a CONNECT of revision 4, as in a URL: "token=1&lang=en"; see Parse4
	ID          uint64 // ack id, if HasID
	HasID       bool
	Data        []byte // JSON text without white space around it, nil if there is none
}

// WithAttachments returns p as the packet that announces n attachments: Event and Ack become their
// binary types, or the plain ones for 0, since stock decoders refuse a binary packet without any.
func (p Packet) WithAttachments(n int) Packet {
	p.Attachments = n
	switch {
	case n > 0 && p.Type == Event:
		p.Type = BinaryEvent
	case n > 0 && p.Type == Ack:
		p.Type = BinaryAck
	case n == 0 && p.Type == BinaryEvent:
		p.Type = Event
	case n == 0 && p.Type == BinaryAck:
		p.Type = Ack
	}
	return p
}

// Append appends the text of p to dst and returns the extended slice.
//
// Shape: `42/chat,13["hello"]`; the main namespace is left out, any other is followed by a comma
// also where nothing comes after it, as the reference writes it.
// Limits: none; p is the caller's own and is not checked. A binary packet should have attachments,
// see WithAttachments.
// Ownership: p is only read.
// Source: socket.io-protocol revision 5, "Packet encoding".
func Append(dst []byte, p Packet) []byte {
	dst = append(dst, byte(p.Type))
	if p.Type.Binary() {
		dst = strconv.AppendInt(dst, int64(p.Attachments), 10)
		dst = append(dst, '-')
	}
	if p.Query != "" {
		dst = appendQuery(dst, p)
	} else if p.Namespace != MainNamespace && p.Namespace != "" {
		dst = append(dst, p.Namespace...)
		dst = append(dst, ',')
	}
	if p.HasID {
		dst = strconv.AppendUint(dst, p.ID, 10)
	}
	return append(dst, p.Data...)
}
