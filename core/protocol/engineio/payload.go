package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

// Separator stands between two packets of a polling body: the control character "record
// separator". It cannot occur inside a packet, since JSON text escapes it and base64 has no such
// character. Source: engine.io-protocol revision 4, "HTTP long-polling".
const Separator = 0x1E

// Limits bounds what one polling body may hold. A zero field is no limit of its own: the body is in
// memory already and its reader has bounded it.
type Limits struct {
	Bytes   int // of the body
	Packets int // in the body
}

// ParsePayload calls yield for each packet of one polling body, in order.
//
// Shape: text; packets stand as in a WebSocket text message, binary ones as "b" + base64, with
// U+001E between them: "4hello\x1ebAQID\x1e2".
// Ownership: as for [ParsePacket]; yield must copy what it keeps.
// Errors: [ErrTooLarge] before the first packet; what yield returned, as it is; [ErrTooMany] or a
// [*SyntaxError] with the offset in body. What stands before a fault has been yielded, as in the
// reference. An empty body is a fault, and so is a separator with nothing behind it.
// Source: engine.io-protocol revision 4, "HTTP long-polling".
func ParsePayload(body []byte, lim Limits, yield func(Packet) error) error {
	if lim.Bytes > 0 && len(body) > lim.Bytes {
		return fmt.Errorf("engineio: %w: %d, the limit is %d", ErrTooLarge, len(body), lim.Bytes)
	}
	rest := body
	for count := 1; ; count++ {
		if lim.Packets > 0 && count > lim.Packets {
			return fmt.Errorf("engineio: %w: the limit is %d", ErrTooMany, lim.Packets)
		}
		offset := len(body) - len(rest)
		p, next, err := NextPacket(rest)
		if err != nil {
			var syntax *SyntaxError
			if errors.As(err, &syntax) {
				syntax.Offset += offset
			}
			return err
		}
		if err := yield(p); err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		rest = next
	}
}

// NextPacket reads the first packet of a polling body, for an owner that may have to stop between
// two packets and go on later.
//
// rest is the body behind the packet's separator, and nil when the packet was the last one. A rest
// that is empty but not nil is a separator with nothing behind it: to parse it is [ErrEmpty].
// Ownership: p and rest alias body, as for [ParsePacket].
// Errors: [*SyntaxError], its offset counted from the start of body.
func NextPacket(body []byte) (p Packet, rest []byte, err error) {
	packet := body
	if i := bytes.IndexByte(body, Separator); i >= 0 {
		packet, rest = body[:i:i], body[i+1:]
	}
	p, err = ParsePacket(packet, false)
	if err != nil {
		return Packet{}, nil, err
	}
	return p, rest, nil
}

// AppendPayloadPacket appends one packet to a polling body; the separator comes first unless body
// is empty, so that a body is built by calling it for each packet.
//
// Shapes: as for [ParsePayload].
// Limits: text data does not contain U+001E (JSON text never does).
// Ownership: p.Data is copied.
func AppendPayloadPacket(body []byte, p Packet) []byte {
	if len(body) > 0 {
		body = append(body, Separator)
	}
	if p.Binary {
		return base64.StdEncoding.AppendEncode(append(body, base64Mark), p.Data)
	}
	return AppendPacket(body, p)
}
