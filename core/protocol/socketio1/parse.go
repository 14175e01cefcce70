package socketio1

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const (
	// MaxEndpoint is how long an endpoint may be, in bytes: as a namespace in newer protocols.
	MaxEndpoint = 256

	// MaxIDDigits is how long a packet's number may be, leading zeros included: 2^64 has 20 digits.
	MaxIDDigits = 20
)

// Parse reads one packet.
//
// Shapes: as for [Append]. Of an endpoint, what follows a "?" is a query: `1::/chat?x=y`, as the
// specification has it, and `1::/chat:?x=y`, as the clients send it, mean the same. Data is everything
// behind the third colon, colons and line breaks included.
// An Event's data must be an object and a JSON's must not be empty; what is in them is looked at by
// [AppendArray]. The types that have no data may have some, which is not kept.
// Limits: [MaxEndpoint], [MaxIDDigits].
// Ownership: Data aliases b; Endpoint and Query are copies.
// Errors: [*SyntaxError]. That text is UTF-8 is not checked, but for the endpoint: WebSocket framing
// or [NextFrame] has done so.
// Source: socket.io 0.9.19, parser.decodePacket, whose expression also finds packets in the middle of
// other things; here the type is one digit and comes first.
func Parse(b []byte) (Packet, error) {
	if len(b) == 0 || !Type(b[0]).Valid() {
		return Packet{}, &SyntaxError{Err: ErrType}
	}
	p := Packet{Type: Type(b[0])}
	if len(b) < 2 || b[1] != ':' {
		return Packet{}, &SyntaxError{Offset: 1, Err: ErrFields}
	}
	at := 2
	var ok bool
	if p.ID, p.HasID, at, ok = parseID(b, at); !ok {
		return Packet{}, &SyntaxError{Offset: at, Err: ErrID}
	}
	if at < len(b) && b[at] == '+' {
		p.WantsData = p.HasID
		at++
	}
	if at == len(b) || b[at] != ':' {
		return Packet{}, &SyntaxError{Offset: at, Err: ErrFields}
	}
	at++
	endpoint, data, _ := bytes.Cut(b[at:], []byte{':'})
	if len(endpoint) > MaxEndpoint || !utf8.Valid(endpoint) {
		return Packet{}, &SyntaxError{Offset: at, Err: ErrEndpoint}
	}
	p.Endpoint = string(endpoint)
	name, query, asked := strings.Cut(p.Endpoint, "?")
	p.Endpoint = name
	if asked && p.Type == Connect {
		p.Query = query
	}
	if err := p.read(data); err != nil {
		return Packet{}, &SyntaxError{Offset: len(b) - len(data), Err: err}
	}
	return p, nil
}

// read takes a packet's data by its type.
func (p *Packet) read(data []byte) error {
	switch p.Type {
	case Connect:
		p.readQuery(data)
	case Message, Error:
		p.Data = nonEmpty(data)
	case JSON:
		if p.Data = nonEmpty(trimSpace(data)); p.Data == nil {
			return ErrJSON
		}
	case Event:
		if p.Data = trimSpace(data); !enclosed(p.Data, '{', '}') {
			return ErrEvent
		}
	case Ack:
		return p.readAck(data)
	}
	return nil
}

// readAck takes `7` or `7+["€"]`.
func (p *Packet) readAck(data []byte) error {
	id, has, at, ok := parseID(data, 0)
	if !ok || !has {
		return ErrAck
	}
	p.ID, p.HasID, p.WantsData = id, true, false
	p.Data = nonEmpty(trimSpace(bytes.TrimPrefix(data[at:], []byte{'+'})))
	if p.Data != nil && !enclosed(p.Data, '[', ']') {
		return ErrAck
	}
	return nil
}

// readQuery takes what a Connect has behind its endpoint. A query that itself holds a colon was cut
// there, and is made whole again.
func (p *Packet) readQuery(data []byte) {
	switch {
	case len(data) == 0:
	case p.Query != "":
		p.Query += ":" + string(data)
	default:
		p.Query = strings.TrimPrefix(string(data), "?")
	}
}

// parseID reads the digits at b[at:]; ok is false if they are more than fit.
func parseID(b []byte, at int) (id uint64, has bool, next int, ok bool) {
	from := at
	for ; at < len(b) && '0' <= b[at] && b[at] <= '9'; at++ {
		d := uint64(b[at] - '0')
		if at-from == MaxIDDigits || id > (1<<64-1-d)/10 {
			return 0, false, at, false
		}
		id = id*10 + d
	}
	return id, at > from, at, true
}

func nonEmpty(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// enclosed reports whether b is more than one byte that begins with first and ends with last.
func enclosed(b []byte, first, last byte) bool {
	return len(b) > 1 && b[0] == first && b[len(b)-1] == last
}

// trimSpace cuts JSON's white space from both ends.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
