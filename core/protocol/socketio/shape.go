package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// checkData checks the outline of p.Data against p.Type.
func (s *scanner) checkData(p Packet) error {
	d := p.Data
	switch p.Type {
	case Connect:
		if d != nil && !enclosed(d, '{', '}') {
			return s.fail(whatObject)
		}
	case Disconnect:
		if d != nil {
			return s.fail(whatExtra)
		}
	case ConnectError:
		if s.revision4 {
			return s.checkAny(d)
		}
		if !enclosed(d, '{', '}') && !enclosed(d, '"', '"') {
			return s.fail(whatError)
		}
	case Ack, BinaryAck:
		if !enclosed(d, '[', ']') {
			return s.fail(whatArray)
		}
	case Event, BinaryEvent:
		if !enclosed(d, '[', ']') {
			return s.fail(whatArray)
		}
		return s.checkEvent(trimSpace(d[1 : len(d)-1]))
	}
	return nil
}

// checkAny checks the data of an ERROR of revision 4: any value, or none. A number without a sign is not
// among them, since its digits are an ack id to all decoders.
func (s *scanner) checkAny(d []byte) error {
	if len(d) > 0 && '0' <= d[0] && d[0] <= '9' {
		return s.fail(whatIDMisplaced)
	}
	return nil
}

// checkEvent checks the first of an event's elements, which are `"name",a,b`.
func (s *scanner) checkEvent(elements []byte) error {
	if len(elements) == 0 {
		return s.fail(whatEvent)
	}
	switch c := elements[0]; {
	case c == '-' || '0' <= c && c <= '9':
		return nil
	case c != '"':
		return s.fail(whatEvent)
	}
	quoted, ok := firstString(elements)
	if !ok {
		return s.fail(whatEvent)
	}
	if reserved(quoted) {
		return fmt.Errorf("%w: %s", ErrReservedEvent, quoted)
	}
	return nil
}

// longestReserved bounds the quoted text of a name that can be reserved: all of the longest name,
// removeListener, written as \uXXXX.
const longestReserved = 2 + 6*len("removeListener")

// reserved reports whether a JSON string, quotes included, is a reserved event name, also when it
// is disguised by escapes. What is no string at all is not: payload refuses it.
func reserved(quoted []byte) bool {
	if len(quoted) > longestReserved {
		return false
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return ReservedEvent(string(quoted[1 : len(quoted)-1]))
	}
	var name string
	err := json.Unmarshal(quoted, &name)
	return err == nil && ReservedEvent(name)
}

// firstString returns the JSON string that b begins with, quotes included.
func firstString(b []byte) ([]byte, bool) {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[:i+1], true
		}
	}
	return nil, false
}

// enclosed reports whether b is more than one byte that begins with first and ends with last.
func enclosed(b []byte, first, last byte) bool {
	return len(b) > 1 && b[0] == first && b[len(b)-1] == last
}

// trimSpace cuts JSON's white space from both ends; nothing left is nil.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
