package engineio

import (
	"encoding/base64"
	"errors"
	"strconv"
	"unicode/utf8"
)

// The string payload of revision 3: packets with their lengths before them, and binary data as base64.

// lengthEnd stands between a packet's length and the packet.
const lengthEnd = ':'

// NextPacket3 reads the first packet of a string payload, for an owner that may have to stop between
// two packets and go on later.
//
// Shape: "<length>:<packet>", again and again: "6:4hello2:4€10:b4AQIDBA==". The length is in decimal
// digits and counts the packet, digit included, in UTF-16 units: "€" is one, an emoji is two; a byte
// that is not UTF-8 counts one, as the character it is replaced by. "0:" is no packet at all and is
// read as a noop: clients write it for a payload without packets.
// rest is the body behind the packet, and nil when the packet was the last one.
// Text is UTF-8 here, whatever the client made of it before: see [Text3].
// Ownership: p and rest alias body, as for [ParsePacket3].
// Errors: [*SyntaxError], its offset counted from the start of body: [ErrEmpty] for an empty body,
// [ErrLength], and those of [ParsePacket3].
// Source: engine.io-protocol revision 3, "Payload"; engine.io-parser 2.2.1, decodePayload.
func NextPacket3(body []byte) (p Packet, rest []byte, err error) {
	if len(body) == 0 {
		return Packet{}, nil, &SyntaxError{Err: ErrEmpty}
	}
	units, from, ok := readLength(body, 0, lengthEnd, '0')
	if !ok {
		return Packet{}, nil, &SyntaxError{Offset: from, Err: ErrLength}
	}
	size, ok := prefixOf(body[from:], units)
	if !ok {
		return Packet{}, nil, &SyntaxError{Offset: from, Err: ErrLength}
	}
	if size == 0 {
		return Packet{Type: Noop}, behind(body, from), nil
	}
	return packetWithin(body, from, from+size, false)
}

// AppendPayloadPacket3 appends one packet to a string payload.
//
// Shapes: as for [NextPacket3].
// Limits: p.Type is valid; a binary packet is a Message.
// Ownership: p.Data is copied.
func AppendPayloadPacket3(body []byte, p Packet) []byte {
	units := 1 + utf16Length(p.Data)
	if p.Binary {
		units = len(base64Mark3) + base64.StdEncoding.EncodedLen(len(p.Data))
	}
	body = append(strconv.AppendInt(body, int64(units), 10), lengthEnd)
	return AppendTextPacket3(body, p)
}

// readLength reads a decimal length whose digits begin at from, with zero as the first of them, and end
// before the byte end. next is where the packet begins, or where the fault is. A length that is more
// than the body has bytes is a fault already, so that none can overflow.
func readLength(body []byte, from int, end, zero byte) (n, next int, ok bool) {
	for i := from; i < len(body); i++ {
		digit := body[i] - zero
		switch {
		case body[i] == end && i > from:
			return n, i + 1, true
		case body[i] < zero || digit > 9:
			return 0, i, false
		}
		if n = n*10 + int(digit); n > len(body) {
			return 0, i, false
		}
	}
	return 0, len(body), false
}

// packetWithin reads the packet that stands in body from one place to another.
func packetWithin(body []byte, from, to int, binary bool) (p Packet, rest []byte, err error) {
	p, err = ParsePacket3(body[from:to:to], binary)
	if err != nil {
		var syntax *SyntaxError
		if errors.As(err, &syntax) {
			syntax.Offset += from
		}
		return Packet{}, nil, err
	}
	return p, behind(body, to), nil
}

// behind is what follows in a body, nil if nothing does.
func behind(body []byte, at int) []byte {
	if at == len(body) {
		return nil
	}
	return body[at:]
}

// prefixOf is how many bytes of b make the given number of UTF-16 units; false if b is too short, or
// would have to be cut within a character.
func prefixOf(b []byte, units int) (size int, ok bool) {
	for units > 0 {
		if size == len(b) {
			return 0, false
		}
		n, width := 1, 1
		if b[size] >= utf8.RuneSelf {
			n, width = unitsOf(b[size:])
		}
		units -= n
		size += width
	}
	return size, units == 0
}

// utf16Length is the length of a text in UTF-16 units.
func utf16Length(b []byte) (units int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			units++
			continue
		}
		n, width := unitsOf(b[i:])
		i += width
		units += n
	}
	return units
}

// unitsOf is how many UTF-16 units the first character of b takes, and how many bytes it has.
func unitsOf(b []byte) (units, width int) {
	_, width = utf8.DecodeRune(b)
	if width == utf8.UTFMax {
		return 2, width
	}
	return 1, width
}
