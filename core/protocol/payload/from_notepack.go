package payload

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// notepack is the MessagePack of Socket.IO's msgpack parser. Two JavaScript values that MessagePack
// does not have are extensions of type 0 there, told apart by their form:
//
//	undefined    fixext 1, one byte of zero
//	Date         fixext 8, milliseconds since 1970 as an integer of 64 bits
//	ArrayBuffer  ext 8, 16 or 32, the bytes themselves (from Node; browsers write bin)
//
// Source: notepack.io 2.2, encode and decode; MessagePack specification, "Extension types".
const (
	notepackExt = 0

	mpFixExt1 = 0xd4
	mpFixExt2 = 0xd5
	mpFixExt4 = 0xd6
	mpFixExt8 = 0xd7
	mpExt8    = 0xc7
	mpExt32   = 0xc9
)

// isUndefined reports whether an extension that begins with the byte first is notepack's undefined.
func isUndefined(first byte, t token) bool { return t.ext == notepackExt && first == mpFixExt1 }

// AppendFromNotepack appends one value as notepack writes it, to dst, as the app link has it.
//
// Shape: undefined becomes nil, a Date a timestamp (nil outside JavaScript's range), an ArrayBuffer
// bin. Timestamps of MessagePack's own stay. In text each byte that is not UTF-8 becomes U+FFFD. Map
// keys become text as JavaScript would have made them: integers, booleans and nil are written out.
// Anything else stays byte for byte.
// Limits: lim; mp is untrusted and checked while it is read. Time is linear, and so is memory: the
// result is at most three times as long as mp before it is refused.
// Ownership: mp is only read. On an error dst is returned as it was passed.
// Errors: *SyntaxError, also for other extensions and keys; ErrTooDeep; ErrTooLarge.
// Source: notepack.io 2.2, encode; ECMA-262, "Time Values and Time Range".
func AppendFromNotepack(dst, mp []byte, lim Limits) ([]byte, error) {
	r := newRewriter(dst, mp, lim, forApp)
	if err := r.values(1, 0); err != nil {
		return dst, err
	}
	return r.out, nil
}

// SplitNotepackEvent reads the array of an event, ["name", a, b], as notepack writes it, and appends
// the array of its arguments, [a, b], to dst, as the app link has it.
//
// Shape: the first element is a string, or a number, whose text as JavaScript prints it is then the
// name. Whether the name is reserved is for the caller to ask (socketio.ReservedEvent).
// Limits, ownership and errors are those of AppendFromNotepack. The name is the one allocation.
func SplitNotepackEvent(dst, mp []byte, lim Limits) (name string, args []byte, err error) {
	r := newRewriter(dst, mp, lim, forApp)
	head, err := r.next()
	if err != nil {
		return "", dst, err
	}
	if head.kind != kindArray || head.n == 0 {
		return "", dst, &SyntaxError{Offset: 0, What: whatPackedEvent}
	}
	if name, err = r.eventName(); err != nil {
		return "", dst, err
	}
	r.copied = r.at
	r.out = arrayHead.append(r.out, int(head.n-1))
	if err := r.values(head.n-1, 1); err != nil {
		return "", dst, err
	}
	return name, r.out, nil
}

const whatPackedEvent = "an event is not an array that begins with a string or a finite number"

func (r *rewriter) eventName() (string, error) {
	from := r.at
	t, err := r.next()
	if err != nil {
		return "", err
	}
	switch t.kind {
	case kindStr:
		return validText(t.body), nil
	case kindUint, kindInt, kindFloat32, kindFloat64:
		var room [32]byte
		if text := appendJSONScalar(room[:0], t); string(text) != "null" {
			return string(text), nil
		}
	}
	return "", &SyntaxError{Offset: from, What: whatPackedEvent}
}

// extensionForApp is what becomes of an extension that a client wrote.
func (r *rewriter) extensionForApp(from int, t token) error {
	first := r.in[from]
	switch {
	case t.ext == timestampExt:
		if _, _, ok := parseTimestamp(t.body); !ok {
			return &SyntaxError{Offset: from, What: whatTimestamp}
		}
	case isUndefined(first, t):
		r.out = append(r.instead(from), mpNil)
	case t.ext == notepackExt && first == mpFixExt8:
		r.out = appendTimestamp(r.instead(from), int64(binary.BigEndian.Uint64(t.body)))
	case t.ext == notepackExt && first >= mpExt8 && first <= mpExt32:
		r.out = appendBin(r.instead(from), t.body)
	default:
		return &SyntaxError{Offset: from, What: whatExtension}
	}
	return nil
}

// appendTimestamp appends a time in milliseconds since 1970, in the shortest form; nil if no Date
// can hold it.
// Source: MessagePack specification, "Timestamp extension type".
func appendTimestamp(dst []byte, millis int64) []byte {
	if millis < -maxDateMillis || millis > maxDateMillis {
		return append(dst, mpNil)
	}
	seconds, rest := millis/1000, millis%1000
	if rest < 0 {
		seconds, rest = seconds-1, rest+1000
	}
	const ext = timestampExt & 0xff
	nanos := uint64(rest) * 1e6
	switch {
	case seconds < 0 || seconds >= 1<<34:
		dst = binary.BigEndian.AppendUint32(append(dst, mpExt8, 12, ext), uint32(nanos))
		return binary.BigEndian.AppendUint64(dst, uint64(seconds))
	case nanos > 0 || seconds > math.MaxUint32:
		return binary.BigEndian.AppendUint64(append(dst, mpFixExt8, ext), nanos<<34|uint64(seconds))
	}
	return binary.BigEndian.AppendUint32(append(dst, mpFixExt4, ext), uint32(seconds))
}

// appendText appends text as str, U+FFFD in the place of each byte that is not UTF-8.
func appendText(dst, text []byte) []byte {
	if !utf8.Valid(text) {
		text = []byte(validText(text))
	}
	return append(strHead.append(dst, len(text)), text...)
}

// validText is text with U+FFFD in the place of each byte that is not UTF-8: what a conversion to
// runes makes of it.
func validText(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	return string([]rune(string(text)))
}
