package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

// PacketType is the digit a text packet begins with.
type PacketType byte

// The packet types. Source: engine.io-protocol revision 4, "Packet types".
const (
	Open    PacketType = '0'
	Close   PacketType = '1'
	Ping    PacketType = '2'
	Pong    PacketType = '3'
	Message PacketType = '4'
	Upgrade PacketType = '5'
	Noop    PacketType = '6'
)

// base64Mark begins a binary message where only text can travel. It stands in place of the digit.
// Source: engine.io-protocol revision 4, "Packet encoding".
const base64Mark = 'b'

// Valid reports whether t is one of the seven types.
func (t PacketType) Valid() bool { return t >= Open && t <= Noop }

// String returns the type's name as the protocol's document has it.
func (t PacketType) String() string {
	switch t {
	case Open:
		return "open"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	case Message:
		return "message"
	case Upgrade:
		return "upgrade"
	case Noop:
		return "noop"
	}
	return fmt.Sprintf("type %q", byte(t))
}

// Packet is one engine packet.
type Packet struct {
	Type   PacketType
	Data   []byte
	Binary bool // Data is bytes, not text; only a Message can be binary
}

// What can be wrong with a packet or a payload; to be looked for with errors.Is. The first four
// come inside a [*SyntaxError], the last two with the limit that was passed. Lengths stand in polling
// bodies of revision 3 only.
var (
	ErrEmpty    = errors.New("empty packet")
	ErrType     = errors.New("unknown packet type")
	ErrBase64   = errors.New("bad base64")
	ErrLength   = errors.New("packet length that is no number or not there")
	ErrTooLarge = errors.New("payload has too many bytes")
	ErrTooMany  = errors.New("payload has too many packets")
)

// SyntaxError says where the client broke the protocol.
type SyntaxError struct {
	Offset int   // byte offset in what was parsed
	Err    error // ErrEmpty, ErrType, ErrBase64 or ErrLength
}

// Error implements error. It quotes nothing the client sent.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("engineio: %v at byte %d", e.Err, e.Offset)
}

// Unwrap makes errors.Is find the sentinel.
func (e *SyntaxError) Unwrap() error { return e.Err }

// ParsePacket reads one WebSocket message; binary says that it came as a binary one.
//
// Shapes: text is a digit and data, "4hello"; binary is the data of a Message, without a digit. A
// text message "b" + base64 is a binary Message too: the reference server takes it, and clients
// that can only send text use it. Its base64 may contain line breaks (the Java client wraps at 76
// characters) and may lack its padding.
// Ownership: Data aliases b, except that base64 is decoded to new memory.
// Errors: [*SyntaxError] with [ErrEmpty], [ErrType] or [ErrBase64]. That text is UTF-8 is not
// checked: WebSocket framing has done so.
// Source: engine.io-protocol revision 4, "Packet encoding".
func ParsePacket(b []byte, binary bool) (Packet, error) {
	if binary {
		return Packet{Type: Message, Data: b, Binary: true}, nil
	}
	if len(b) == 0 {
		return Packet{}, &SyntaxError{Err: ErrEmpty}
	}
	if b[0] == base64Mark {
		data, err := decodeBase64(b, 1)
		if err != nil {
			return Packet{}, err
		}
		return Packet{Type: Message, Data: data, Binary: true}, nil
	}
	t := PacketType(b[0])
	if !t.Valid() {
		return Packet{}, &SyntaxError{Err: ErrType}
	}
	return Packet{Type: t, Data: b[1:]}, nil
}

// decodeBase64 decodes what follows the mark, which ends at from, padded or not; the decoder passes over
// line breaks by itself.
func decodeBase64(packet []byte, from int) ([]byte, error) {
	b := bytes.TrimRight(packet[from:], "=\r\n")
	data := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, err := base64.RawStdEncoding.Decode(data, b)
	if err != nil {
		at := from
		var corrupt base64.CorruptInputError
		if errors.As(err, &corrupt) {
			at += int(corrupt)
		}
		return nil, &SyntaxError{Offset: at, Err: ErrBase64}
	}
	return data[:n], nil
}

// AppendPacket appends the payload of the WebSocket message that carries p: a binary message when
// p.Binary, else a text message.
//
// Shapes: "4hello"; for a binary packet its bytes and nothing else.
// Limits: p.Type is valid; a binary packet is a Message.
// Ownership: p.Data is copied.
func AppendPacket(dst []byte, p Packet) []byte {
	if !p.Binary {
		dst = append(dst, byte(p.Type))
	}
	return append(dst, p.Data...)
}
