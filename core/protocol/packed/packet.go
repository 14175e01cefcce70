package packed

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// The keys of a packet's map. Others, which JavaScript objects happen to have, are ignored.
const (
	keyType      = "type"
	keyNamespace = "nsp"
	keyID        = "id"
	keyData      = "data"
)

// Limits bound what is accepted from a client. The zero value means the defaults.
type Limits struct {
	Namespace int // bytes of a namespace's name; 0 means socketio.DefaultNamespace
	Bytes     int // of one packet; 0 means payload.DefaultBytes
}

// What a client may have done wrong beyond syntax; callers tell them apart with errors.Is. Where a
// limit is involved, the error that wraps one of them also says it. A packet that is nested too deep
// or too large is payload.ErrTooDeep or payload.ErrTooLarge, a reserved name
// socketio.ErrReservedEvent.
var (
	ErrText             = errors.New("packed: text from a client that packs its packets")
	ErrNamespaceTooLong = errors.New("packed: namespace too long")
)

// PacketError says that a map is no packet.
type PacketError struct{ What string }

func (e *PacketError) Error() string { return "packed: " + e.What }

// The texts of what can be wrong with a packet.
const (
	whatMap       = "a packet that is not a map, or something behind it"
	whatType      = "unknown packet type"
	whatNamespace = "namespace that does not begin with a slash, or has a comma, or is not UTF-8"
	whatID        = "ack id that is not a number from 0 to 2^64 - 1"
	whatMisplaced = "ack id on a packet that has none"
	whatObject    = "data that is not an object"
	whatExtra     = "data of a DISCONNECT"
	whatError     = "data that is neither an object nor a string"
	whatArray     = "data that is not an array"
	whatEvent     = "event without a string or number as its name"
)

// Parse reads one packet from a binary Engine.IO message.
//
// Shape: a map with the keys type (0 to 4: CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR), nsp, and
// perhaps id and data; nil and notepack's undefined are as good as absent, and of a key that occurs
// twice the last counts. By type, the data is: CONNECT none or a map; DISCONNECT none; EVENT an array
// that begins with a string that is not reserved, or a number; ACK an array; CONNECT_ERROR a map or a
// string. An ack id may stand on EVENT and ACK; it may be a float, as long as it is a whole number.
// An nsp that is absent or empty is the main namespace.
// p.Data is the data as notepack wrote it, for package payload; p.Attachments is always 0.
// Limits: lim; payload.MaxDepth for the whole.
// Ownership: p.Data aliases b; p.Namespace is a constant for the main namespace, else a copy.
// Errors: *PacketError, ErrNamespaceTooLong, socketio.ErrReservedEvent, *payload.SyntaxError,
// payload.ErrTooDeep, payload.ErrTooLarge. After any of them the whole session is to be closed.
// Source: socket.io-msgpack-parser 3.0, Decoder; nil for absent values: python-socketio 5.
func Parse(b []byte, lim Limits) (socketio.Packet, error) {
	n, err := payload.Validate(b, payload.Limits{Bytes: lim.Bytes})
	if err != nil {
		return socketio.Packet{}, fmt.Errorf("packed: %w", err)
	}
	whole := payload.Value(b)
	if n != len(b) || !whole.IsMap() {
		return socketio.Packet{}, &PacketError{whatMap}
	}
	f := fieldsOf(whole)
	p := socketio.Packet{}
	if p.Type, err = f.packetType(); err != nil {
		return socketio.Packet{}, err
	}
	if p.Namespace, err = f.namespace(lim); err != nil {
		return socketio.Packet{}, err
	}
	if p.ID, p.HasID, err = f.ackID(p.Type); err != nil {
		return socketio.Packet{}, err
	}
	if err := checkData(p.Type, f.data); err != nil {
		return socketio.Packet{}, err
	}
	p.Data = f.data
	return p, nil
}

// fields are the values of a packet's map; nil for those that are absent.
type fields struct{ kind, nsp, id, data payload.Value }

func fieldsOf(packet payload.Value) (f fields) {
	for key, value := range packet.Pairs() {
		name, _ := key.Text()
		if value.IsAbsent() {
			value = nil
		}
		switch string(name) {
		case keyType:
			f.kind = value
		case keyNamespace:
			f.nsp = value
		case keyID:
			f.id = value
		case keyData:
			f.data = value
		}
	}
	return f
}

func (f *fields) packetType() (socketio.Type, error) {
	if n, ok := f.kind.Uint(); ok && n <= uint64(socketio.ConnectError-socketio.Connect) {
		return socketio.Connect + socketio.Type(n), nil
	}
	return 0, &PacketError{whatType}
}

func (f *fields) namespace(lim Limits) (string, error) {
	name, ok := f.nsp.Text()
	if f.nsp != nil && !ok {
		return "", &PacketError{whatNamespace}
	}
	limit := lim.Namespace
	if limit <= 0 {
		limit = socketio.DefaultNamespace
	}
	switch {
	case len(name) == 0, string(name) == socketio.MainNamespace:
		return socketio.MainNamespace, nil
	case len(name) > limit:
		return "", fmt.Errorf("%w: the limit is %d bytes", ErrNamespaceTooLong, limit)
	case !utf8.Valid(name) || !socketio.ValidNamespace(string(name), socketio.Limits{Namespace: limit}):
		return "", &PacketError{whatNamespace}
	}
	return string(name), nil
}

func (f *fields) ackID(t socketio.Type) (id uint64, has bool, err error) {
	if f.id == nil {
		return 0, false, nil
	}
	id, ok := f.id.Uint()
	switch {
	case !ok:
		return 0, false, &PacketError{whatID}
	case t != socketio.Event && t != socketio.Ack:
		return 0, false, &PacketError{whatMisplaced}
	}
	return id, true, nil
}

func checkData(t socketio.Type, data payload.Value) error {
	what := ""
	switch t {
	case socketio.Connect:
		if data != nil && !data.IsMap() {
			what = whatObject
		}
	case socketio.Disconnect:
		if data != nil {
			what = whatExtra
		}
	case socketio.ConnectError:
		if !data.IsMap() && !data.IsText() {
			what = whatError
		}
	case socketio.Ack:
		if !data.IsArray() {
			what = whatArray
		}
	case socketio.Event:
		return checkEvent(data)
	}
	if what != "" {
		return &PacketError{what}
	}
	return nil
}

func checkEvent(data payload.Value) error {
	if !data.IsArray() {
		return &PacketError{whatArray}
	}
	name, _ := data.First()
	if name.IsNumber() {
		return nil
	}
	text, ok := name.Text()
	switch {
	case !ok:
		return &PacketError{whatEvent}
	case socketio.ReservedEvent(string(text)):
		return fmt.Errorf("%w: %q", socketio.ErrReservedEvent, text)
	}
	return nil
}
