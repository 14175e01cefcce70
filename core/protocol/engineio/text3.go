package engineio

import "unicode/utf8"

// Text3 is what a session of revision 3 has shown of how it writes text in string payloads. Clients 1.x
// encode a packet as UTF-8, take each byte for a character and encode that once more; clients 2.x
// encode it once. "é" is C3 83 C2 A9 from the first and C3 A9 from the others, and nothing in their
// requests tells them apart. In binary payloads and on WebSockets both write it once. The exceptions are
// the browser clients 1.0, which say EIO=2: they encode text twice on WebSockets too.
//
// What 1.x sends has only characters up to U+00FF, and their numbers are the bytes of a well-formed
// text. A text that is otherwise proves a client of 2.x, for good. A text that is so is taken for one of
// 1.x. That leaves one thing undecided: a client of 2.x whose first texts beyond ASCII are by chance
// the second encoding of something, such as "Ã©", is read wrong until it sends a text that proves it.
// In a language that somebody writes, one does so with the first accent.
//
// The zero value is a session that has sent nothing beyond ASCII. It is not safe for concurrent use.
type Text3 uint8

// What a session may have shown.
const (
	Text3Unknown Text3 = iota
	Text3Twice         // 1.x, as far as one can tell
	Text3Once          // 2.x
)

// Decode returns the text of one packet of the session, its data without the digit, as UTF-8 encoded
// once.
//
// Ownership: the result is text itself, or new memory if it was encoded twice. Bytes that are not UTF-8
// stay as they are and prove nothing.
// Source: engine.io-parser 1.3.2 and 2.2.1, encodePayload; their clients' bodies as measured.
func (t *Text3) Decode(text []byte) []byte {
	first := beyondASCII(text)
	if *t == Text3Once || first == len(text) {
		return text
	}
	outer, ok := latin1(text, first)
	switch {
	case !ok && !utf8.Valid(text):
		return text
	case !ok || !wellFormed(outer[first:]):
		*t = Text3Once
		return text
	}
	*t = Text3Twice
	return outer
}

// Encode returns text, which is UTF-8, as the session reads it in a string payload. A session that has
// shown nothing is written to as 2.x; text in ASCII, which JSON can always be, is the same for both.
//
// Ownership: the result is text itself, or new memory.
func (t Text3) Encode(text []byte) []byte {
	first := beyondASCII(text)
	if t != Text3Twice || first == len(text) {
		return text
	}
	twice := append(make([]byte, 0, len(text)+len(text)/2), text[:first]...)
	for _, b := range text[first:] {
		twice = utf8.AppendRune(twice, rune(b))
	}
	return twice
}

// beyondASCII is where the first byte beyond ASCII stands.
func beyondASCII(text []byte) int {
	for i, b := range text {
		if b >= utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}

// latin1 turns each character into the byte of its number; false if one has none, or is not UTF-8. What
// stands before first is ASCII.
func latin1(text []byte, first int) (_ []byte, ok bool) {
	out := append(make([]byte, 0, len(text)), text[:first]...)
	for i := first; i < len(text); {
		r, width := utf8.DecodeRune(text[i:])
		if r > 0xFF { // U+FFFD for what is not UTF-8 too
			return nil, false
		}
		out = append(out, byte(r))
		i += width
	}
	return out, true
}

// wellFormed reports whether a text is UTF-8, where a half of a surrogate pair may stand alone: the
// strings of JavaScript may contain one, and 1.x encodes it like any other character.
func wellFormed(text []byte) bool {
	for i := 0; i < len(text); {
		r, width := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && width == 1 {
			rest := text[i:]
			if len(rest) < 3 || rest[0] != 0xED || rest[1]&^0x1F != 0xA0 || rest[2]&^0x3F != 0x80 {
				return false
			}
			width = 3
		}
		i += width
	}
	return true
}
