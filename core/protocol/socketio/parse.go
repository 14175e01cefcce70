package socketio

import (
	"bytes"
	"unicode/utf8"
)

// The texts of what can be wrong with a packet.
const (
	whatEmpty       = "empty packet"
	whatType        = "unknown packet type"
	whatAttachments = "attachment count that is not a number"
	whatNamespace   = "namespace that is not UTF-8"
	whatID          = "ack id of more than 64 bits"
	whatIDMisplaced = "ack id on a packet that has none"
	whatBlank       = "data that is only white space"
	whatExtra       = "data after a DISCONNECT"
	whatObject      = "data that is not an object"
	whatError       = "data that is neither an object nor a string"
	whatArray       = "data that is not an array"
	whatEvent       = "event without a string or number as its name"
)

// Parse reads one packet from the text of an Engine.IO message.
//
// Shape: `42/chat,13["hello"]`. By type, the data is: CONNECT none or an object; DISCONNECT none;
// EVENT an array that begins with a string that is not reserved, or a number; ACK an array;
// CONNECT_ERROR an object or a string; the binary types as the plain ones. Only this outline of
// the JSON is looked at; package payload reads the rest. An ack id may stand on EVENT and ACK.
// The name of a namespace is kept as it is: revision 5 has no query in it.
// Zero attachments ("50-[…]") are accepted; the packet is complete then.
// Limits: lim.Attachments, lim.Namespace; MaxIDDigits.
// Ownership: Data aliases b; Namespace is a constant for the main namespace, else a copy.
// Errors: *SyntaxError, ErrTooManyAttachments, ErrNamespaceTooLong, ErrReservedEvent. After any of
// them the whole session is to be closed.
// Source: socket.io-protocol revision 5, "Packet encoding"; socket.io-parser 4.2, Decoder.
func Parse(b []byte, lim Limits) (Packet, error) {
	s := scanner{in: b, lim: lim.withDefaults()}
	p, err := s.packet()
	if err != nil {
		return Packet{}, err
	}
	return p, nil
}

// scanner is the state of one Parse.
type scanner struct {
	in        []byte
	at        int // in[:at] is read
	lim       Limits
	revision4 bool
}

func (s *scanner) fail(what string) error { return &SyntaxError{Offset: s.at, What: what} }

func (s *scanner) packet() (Packet, error) {
	var p Packet
	if len(s.in) == 0 {
		return p, s.fail(whatEmpty)
	}
	p.Type = Type(s.in[0])
	if p.Type < Connect || p.Type > BinaryAck {
		return p, s.fail(whatType)
	}
	s.at++
	var err error
	if p.Type.Binary() {
		if p.Attachments, err = s.attachments(); err != nil {
			return p, err
		}
	}
	if p.Query, err = s.query(p.Type); err != nil {
		return p, err
	}
	if p.Namespace, err = s.namespace(); err != nil {
		return p, err
	}
	if p.ID, p.HasID, err = s.id(p.Type); err != nil {
		return p, err
	}
	p.Data = trimSpace(s.in[s.at:])
	if p.Data == nil && s.at < len(s.in) {
		return p, s.fail(whatBlank)
	}
	return p, s.checkData(p)
}

// attachments reads "<count>-".
func (s *scanner) attachments() (int, error) {
	n := 0
	from := s.at
	for ; s.digit(); s.at++ {
		// Beyond the limit the value does not matter, only that it does not wrap.
		n = min(n*10+int(s.in[s.at]-'0'), s.lim.Attachments+1)
	}
	if s.at == from || s.at >= len(s.in) || s.in[s.at] != '-' {
		return 0, s.fail(whatAttachments)
	}
	s.at++
	if n > s.lim.Attachments {
		return 0, limitError(ErrTooManyAttachments, s.lim.Attachments, "")
	}
	return n, nil
}

// namespace reads "/name," or "/name" at the end of the packet, or nothing.
func (s *scanner) namespace() (string, error) {
	if s.at >= len(s.in) || s.in[s.at] != '/' {
		return MainNamespace, nil
	}
	rest := s.in[s.at:]
	next := len(s.in)
	if comma := bytes.IndexByte(rest, ','); comma >= 0 {
		rest = rest[:comma]
		next = s.at + comma + 1
	}
	if len(rest) > s.lim.Namespace {
		return "", limitError(ErrNamespaceTooLong, s.lim.Namespace, " bytes")
	}
	if !utf8.Valid(rest) {
		return "", s.fail(whatNamespace)
	}
	s.at = next
	if len(rest) == 1 {
		return MainNamespace, nil
	}
	return string(rest), nil
}

// id reads the digits before the data.
func (s *scanner) id(t Type) (id uint64, has bool, err error) {
	from := s.at
	for ; s.digit(); s.at++ {
		d := uint64(s.in[s.at] - '0')
		if s.at-from == MaxIDDigits || id > (1<<64-1-d)/10 {
			return 0, false, s.fail(whatID)
		}
		id = id*10 + d
	}
	if s.at == from {
		return 0, false, nil
	}
	switch t {
	case Event, Ack, BinaryEvent, BinaryAck:
		return id, true, nil
	}
	s.at = from
	return 0, false, s.fail(whatIDMisplaced)
}

func (s *scanner) digit() bool {
	return s.at < len(s.in) && '0' <= s.in[s.at] && s.in[s.at] <= '9'
}
