package socketio1

import (
	"strconv"
	"unicode/utf8"
)

// mark is U+FFFD in UTF-8. It stands before and behind the length of each packet of a body that holds
// several.
const mark = "\ufffd"

// maxLengthDigits bounds a length on the wire: no body has more than 10^9 units.
const maxLengthDigits = 10

// NextFrame reads the first packet's text of a body, for an owner that may have to stop between two
// packets and go on later.
//
// Shapes: a packet alone stands bare, "5:::{…}"; of several each has its length before it, in UTF-16
// code units, as JavaScript counts: "\ufffd5\ufffd3:::é\ufffd6\ufffd3:::👩". rest is the body behind the
// packet, and nil when it was the last one.
// Ownership: packet and rest alias body.
// Errors: [*SyntaxError] with [ErrLength], also where the length cuts a character in two, and with
// [ErrText].
// Source: socket.io 0.9.19, parser.decodePayload.
func NextFrame(body []byte) (packet, rest []byte, err error) {
	if len(body) < len(mark) || string(body[:len(mark)]) != mark {
		return checked(body, 0, nil)
	}
	length, has, at, ok := parseID(body, len(mark))
	if !ok || !has || at > len(mark)+maxLengthDigits || len(body) < at+len(mark) || string(body[at:at+len(mark)]) != mark {
		return nil, nil, &SyntaxError{Offset: len(mark), Err: ErrLength}
	}
	at += len(mark)
	size, ok := cutUnits(body[at:], length)
	if !ok {
		return nil, nil, &SyntaxError{Offset: len(mark), Err: ErrLength}
	}
	if at+size < len(body) {
		rest = body[at+size:]
		if len(rest) < len(mark) || string(rest[:len(mark)]) != mark {
			return nil, nil, &SyntaxError{Offset: len(mark), Err: ErrLength}
		}
	}
	return checked(body[at:at+size:at+size], at, rest)
}

// checked is a frame's result once its text is known to be UTF-8.
func checked(packet []byte, at int, rest []byte) ([]byte, []byte, error) {
	if !utf8.Valid(packet) {
		return nil, nil, &SyntaxError{Offset: at, Err: ErrText}
	}
	return packet, rest, nil
}

// AppendFrame appends one packet's text to a body that holds several.
//
// Shape: "\ufffd5\ufffd3:::é"; a body of one packet is the packet itself.
// Ownership: packet is copied. It is UTF-8.
// Source: socket.io 0.9.19, parser.encodePayload.
func AppendFrame(dst, packet []byte) []byte {
	dst = append(dst, mark...)
	dst = strconv.AppendInt(dst, int64(units(packet)), 10)
	return append(append(dst, mark...), packet...)
}

// units is the length of a text in UTF-16 code units: a character beyond U+FFFF, four bytes in UTF-8,
// takes two.
func units(text []byte) int {
	n := 0
	for _, c := range text {
		if c&0xC0 != 0x80 {
			n++
		}
		if c >= 0xF0 {
			n++
		}
	}
	return n
}

// cutUnits returns how many bytes the first n UTF-16 code units of b are. ok is false if b has fewer,
// or if the n-th is half of a character.
func cutUnits(b []byte, n uint64) (size int, ok bool) {
	for n > 0 && size < len(b) {
		r, width := utf8.DecodeRune(b[size:])
		size += width
		n--
		if r > 0xFFFF {
			if n == 0 {
				return 0, false
			}
			n--
		}
	}
	return size, n == 0
}
