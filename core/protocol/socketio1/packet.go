package socketio1

import (
	"errors"
	"fmt"
	"strconv"
)

// Type is the kind of a packet: its first character on the wire.
type Type byte

// The packet types. Source: socket.io-spec, "Messages".
const (
	Disconnect Type = '0'
	Connect    Type = '1'
	Heartbeat  Type = '2'
	Message    Type = '3' // text
	JSON       Type = '4' // one value
	Event      Type = '5'
	Ack        Type = '6'
	Error      Type = '7'
	Noop       Type = '8'
)

// Valid reports whether t is one of the nine types.
func (t Type) Valid() bool { return t >= Disconnect && t <= Noop }

// String returns the name of the type in the specification.
func (t Type) String() string {
	if !t.Valid() {
		return strconv.QuoteRune(rune(t))
	}
	return [...]string{
		"disconnect", "connect", "heartbeat", "message", "json", "event", "ack", "error", "noop",
	}[t-Disconnect]
}

// Packet is one packet.
type Packet struct {
	Type Type
	// ID is the packet's number, if HasID; for an Ack, the number of the packet that it answers.
	ID    uint64
	HasID bool
	// WantsData says that the answer is the receiver's own, not one of the protocol: a "+" behind the
	// number. Only with HasID, and never on an Ack.
	WantsData bool
	// Endpoint is the namespace: empty for the main one. Query is what a Connect says behind it,
	// without its "?".
	Endpoint string
	Query    string
	// Data is text for a Message; JSON for JSON and Event, which has an object; for an Ack the JSON
	// array of what it brings, or nil. Error: see [AppendError].
	Data []byte
}

// Append appends p as it travels in a WebSocket message and alone in a body.
//
// Shapes: `5:1+:/chat:{"name":"x"}`, `6::/chat:7+["€"]`, `1::/chat:?x=y`. A packet without data ends
// with its endpoint: a Message without text is "3::".
// Limits: none; p is the caller's own and is not checked.
// Ownership: p is only read.
// Source: socket.io 0.9.19, parser.encodePacket.
func Append(dst []byte, p Packet) []byte {
	dst = append(dst, byte(p.Type), ':')
	if p.HasID && p.Type != Ack {
		dst = strconv.AppendUint(dst, p.ID, 10)
		if p.WantsData {
			dst = append(dst, '+')
		}
	}
	dst = append(dst, ':')
	dst = append(dst, p.Endpoint...)
	switch {
	case p.Type == Ack:
		dst = strconv.AppendUint(append(dst, ':'), p.ID, 10)
		if len(p.Data) > 0 {
			dst = append(append(dst, '+'), p.Data...)
		}
	case p.Type == Connect && p.Query != "":
		dst = append(append(dst, ":?"...), p.Query...)
	case len(p.Data) > 0:
		dst = append(append(dst, ':'), p.Data...)
	}
	return dst
}

// What an Error packet says, and what its receiver should do. Source: socket.io 0.9.19, lib/parser.js.
const (
	TransportNotSupported = "0"
	NotHandshaken         = "1"
	Unauthorized          = "2"

	AdviseNothing   = ""
	AdviseReconnect = "0"
)

// AppendError appends an Error packet.
//
// Shape: `7::/chat:2`, with advice `7:::1+0`. The client of 0.9 fires "connect_failed" on the endpoint
// for Unauthorized, "error" for the other reasons, and begins anew when advised to reconnect.
func AppendError(dst []byte, endpoint, reason, advice string) []byte {
	data := reason
	if advice != "" {
		data += "+" + advice
	}
	return Append(dst, Packet{Type: Error, Endpoint: endpoint, Data: []byte(data)})
}

// What can be wrong with a packet or a body; to be looked for with errors.Is. They come inside a
// [*SyntaxError].
var (
	ErrType     = errors.New("unknown packet type")
	ErrFields   = errors.New("packet without its two colons")
	ErrID       = errors.New("packet number of more than 64 bits")
	ErrEndpoint = errors.New("endpoint that is too long or not UTF-8")
	ErrAck      = errors.New("ack without a number")
	ErrEvent    = errors.New("event that is not an object with a name and an array of arguments")
	ErrJSON     = errors.New("json without a value")
	ErrLength   = errors.New("length that does not fit the body")
	ErrText     = errors.New("text that is not UTF-8")
	ErrForm     = errors.New("form field that is not a JSON string")
)

// SyntaxError says where the client broke the protocol.
type SyntaxError struct {
	Offset int // byte offset in what was parsed
	Err    error
}

// Error implements error. It quotes nothing the client sent.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("socketio1: %v at byte %d", e.Err, e.Offset)
}

// Unwrap makes errors.Is find the sentinel.
func (e *SyntaxError) Unwrap() error { return e.Err }
