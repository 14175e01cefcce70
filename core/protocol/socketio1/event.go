package socketio1

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// messageName is the event that a Message and a JSON packet are.
const messageName = `"message"`

// AppendArray appends what an Event, a Message, a JSON or an Ack brings as the JSON array that newer
// protocols have: an event's name and its arguments, or the arguments of an ack.
//
// Shapes: `{"name":"x","args":[1,2]}` is `["x",1,2]`; a Message "hi" is `["message","hi"]`, a JSON
// `["message",{…}]`; an Ack without data is `[]`. Of an object's keys name and args count, in any
// order, and of a key that comes twice the last; args may be missing or null.
// Only the outline of the JSON is looked at: brackets, strings, commas. What is wrong inside stays
// wrong in the array, for package payload to refuse.
// Limits: none of its own; the array is not longer than the packet by more than a Message's escapes.
// Ownership: the result is new memory behind dst.
// Errors: [*SyntaxError] with [ErrEvent]; dst is then as it was. A packet of another type is [ErrType].
// Source: socket.io-spec, "Messages"; socket.io 0.9.19, parser.decodePacket and namespace.handlePacket.
func AppendArray(dst []byte, p Packet) ([]byte, error) {
	switch p.Type {
	case Message:
		dst = append(append(dst, '['), messageName...)
		return append(appendQuoted(append(dst, ','), p.Data, jsonText), ']'), nil
	case JSON:
		dst = append(append(dst, '['), messageName...)
		return append(append(append(dst, ','), p.Data...), ']'), nil
	case Ack:
		if p.Data == nil {
			return append(dst, "[]"...), nil
		}
		return append(dst, p.Data...), nil
	case Event:
		name, args, err := splitEvent(p.Data)
		if err != nil {
			return dst, err
		}
		dst = append(append(dst, '['), name...)
		if len(args) > 0 {
			dst = append(append(dst, ','), args...)
		}
		return append(dst, ']'), nil
	}
	return dst, &SyntaxError{Err: ErrType}
}

// splitEvent finds the name, with its quotes, and what stands between the brackets of args.
func splitEvent(object []byte) (name, args []byte, err error) {
	members := object[1 : len(object)-1]
	for at := 0; ; {
		at = skipSpace(members, at)
		key, value, next, ok := member(members, at)
		switch string(key) {
		case `"name"`:
			name, ok = value, ok && enclosed(value, '"', '"')
		case `"args"`:
			var isArgs bool
			args, isArgs = argsOf(value)
			ok = ok && isArgs
		}
		last := next == len(members)
		if !ok || last && name == nil || !last && members[next] != ',' {
			return nil, nil, &SyntaxError{Offset: 1 + at, Err: ErrEvent}
		}
		if last {
			return name, args, nil
		}
		at = next + 1
	}
}

// member reads the `"key": value` that begins at b[at]. next is where the comma behind it stands.
func member(b []byte, at int) (key, value []byte, next int, ok bool) {
	keyEnd := skipValue(b, at)
	key = b[at:keyEnd]
	colon := skipSpace(b, keyEnd)
	if !enclosed(key, '"', '"') || colon == len(b) || b[colon] != ':' {
		return nil, nil, colon, false
	}
	from := skipSpace(b, colon+1)
	to := skipValue(b, from)
	return key, b[from:to], skipSpace(b, to), to > from
}

// argsOf is what stands between the brackets of an event's arguments.
func argsOf(value []byte) (inner []byte, ok bool) {
	if string(value) == "null" {
		return nil, true
	}
	if !enclosed(value, '[', ']') {
		return nil, false
	}
	return trimSpace(value[1 : len(value)-1]), true
}

// FromArray is the packet for an event whose name and arguments stand in a JSON array, as newer
// protocols have it: the inverse of [AppendArray].
//
// Shapes: `["x",1,2]` is an Event with `{"name":"x","args":[1,2]}`. The event "message" with one
// argument is what clients of this protocol receive by send: a text is a Message, another value a
// JSON; "message" with none or with several stays an Event, since the others cannot carry that.
// Limits: array is the caller's own JSON, without white space between its values and not empty.
// Ownership: Data is new memory, except that a JSON's aliases array.
// Source: socket.io 0.9.19, namespace.send and emit.
func FromArray(array []byte) Packet {
	nameEnd := skipValue(array, 1)
	name := array[1:nameEnd]
	args := array[nameEnd : len(array)-1]
	if len(args) > 0 {
		args = args[1:] // the comma
	}
	if string(name) == messageName && len(args) > 0 && skipValue(args, 0) == len(args) {
		var text string
		if args[0] != '"' || json.Unmarshal(args, &text) != nil {
			return Packet{Type: JSON, Data: args}
		}
		return Packet{Type: Message, Data: nonEmpty([]byte(text))}
	}
	data := make([]byte, 0, len(`{"name":,"args":[]}`)+len(array))
	data = append(append(data, `{"name":`...), name...)
	if len(args) > 0 {
		data = append(append(append(data, `,"args":[`...), args...), ']')
	}
	return Packet{Type: Event, Data: append(data, '}')}
}

// Name is the name of an event in a JSON array. ok is false if it is none, or is written with escapes,
// which clients have no reason for.
//
// Limits: array is what [AppendArray] made of an event.
func Name(array []byte) (name string, ok bool) {
	end := skipValue(array, 1)
	quoted := array[1:end]
	if !enclosed(quoted, '"', '"') || bytes.IndexByte(quoted, '\\') >= 0 {
		return "", false
	}
	return string(quoted[1 : len(quoted)-1]), true
}

// skipSpace returns the first index from at on that is no white space; len(b) at the end.
func skipSpace(b []byte, at int) int {
	for at < len(b) && isSpace(b[at]) {
		at++
	}
	return at
}

// skipValue returns the end of the value that begins at b[at], by its outline: a string, something in
// brackets, or whatever reaches up to the next comma, colon, closing bracket or white space. It is at
// itself where none begins.
func skipValue(b []byte, at int) int {
	depth := 0
	for at < len(b) {
		switch c := b[at]; {
		case c == '"':
			at = skipString(b, at)
			if depth == 0 {
				return at
			}
			continue
		case c == '{' || c == '[':
			depth++
		case depth == 0 && (c == ',' || c == ':' || c == '}' || c == ']' || isSpace(c)):
			return at
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
		at++
	}
	return at
}

// skipString returns the end of the string that begins at b[at], its quotes included.
func skipString(b []byte, at int) int {
	for at++; at < len(b); at++ {
		switch b[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(b)
}

// quoting is which characters a string literal must not show besides the usual ones.
type quoting uint8

const (
	jsonText   quoting = iota
	javaScript         // U+2028 and U+2029, which end a line there
	htmlScript         // those, and what an HTML parser looks for inside a script
)

const hexDigits = "0123456789abcdef"

// appendQuoted appends text as a string literal, quotes included. What is not UTF-8 becomes U+FFFD.
func appendQuoted(dst, text []byte, q quoting) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(text[i:])
			if q != jsonText && (r == '\u2028' || r == '\u2029') {
				dst = append(append(dst, `\u202`...), hexDigits[r&0xF])
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			i += size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\' || c == '/' && q == htmlScript:
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ' || c == '<' && q == htmlScript:
			dst = append(dst, `\u00`...)
			dst = append(dst, hexDigits[c>>4], hexDigits[c&0xF])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
