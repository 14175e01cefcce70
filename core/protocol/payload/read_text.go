package payload

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The texts of what can be wrong inside a JSON string or number.
const (
	whatControl = "control character in a JSON string"
	whatEscape  = "escape that JSON does not have"
	whatNumber  = "not a JSON number"
	whatName    = "a number that is not finite as an event's name"
)

// plain moves over what a string holds without escapes, and reports the first byte after it.
func (r *jsonReader) plain() (c byte, ok bool) {
	r.at += plainText(r.in[r.at:])
	if r.at == len(r.in) {
		return 0, false
	}
	return r.in[r.at], true
}

// str reads a string after its opening quote, as MessagePack str.
func (r *jsonReader) str() error {
	from := r.at
	if c, ok := r.plain(); ok && c == '"' {
		r.out = strHead.append(r.out, r.at-from)
		r.out = append(r.out, r.in[from:r.at]...)
		r.at++
		return nil
	}
	r.at = from
	mark := len(r.out)
	r.out = append(r.out, 0)
	if err := r.text(); err != nil {
		return err
	}
	r.out = strHead.fill(r.out, mark, len(r.out)-mark-1)
	return nil
}

// text reads a string after its opening quote, as bare UTF-8.
func (r *jsonReader) text() error {
	for {
		from := r.at
		c, ok := r.plain()
		r.out = append(r.out, r.in[from:r.at]...)
		switch {
		case !ok:
			return r.fail(whatEnd)
		case c == '"':
			r.at++
			return nil
		case c == '\\':
			if err := r.escape(); err != nil {
				return err
			}
		case c < ' ':
			return r.fail(whatControl)
		default: // not UTF-8
			r.at++
			r.out = append(r.out, replacement...)
		}
	}
}

// escape reads one escape sequence, or the two of a surrogate pair.
func (r *jsonReader) escape() error {
	if r.at+1 >= len(r.in) {
		return r.fail(whatEnd)
	}
	c := r.in[r.at+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return r.unicode()
	default:
		return r.fail(whatEscape)
	}
	r.at += 2
	r.out = append(r.out, c)
	return nil
}

// unicode reads \uXXXX. Half of a surrogate pair that the other half does not follow is U+FFFD.
func (r *jsonReader) unicode() error {
	unit, ok := codeUnit(r.in[r.at:])
	if !ok {
		return r.fail(whatEscape)
	}
	r.at += 6
	if utf16.IsSurrogate(unit) {
		second, _ := codeUnit(r.in[r.at:])
		unit = utf16.DecodeRune(unit, second) // U+FFFD unless they are a pair
		if unit != utf8.RuneError {
			r.at += 6
		}
	}
	r.out = utf8.AppendRune(r.out, unit)
	return nil
}

// codeUnit reads the \uXXXX that b begins with.
func codeUnit(b []byte) (unit rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(c)
	}
	return unit, true
}

// jsonNumber is a number as it was read: an integer of 64 bits if it was written as one and fits.
type jsonNumber struct {
	negative bool
	integer  bool
	size     uint64  // of an integer
	float    float64 // of anything else
}

// number reads a number as MessagePack.
func (r *jsonReader) number() error {
	n, err := r.scanNumber()
	if err != nil {
		return err
	}
	switch {
	case !n.integer:
		r.out = appendFloat(r.out, n.float)
	case n.negative && n.size > 0:
		r.out = appendNegative(r.out, int64(-n.size))
	default:
		r.out = appendUint(r.out, n.size)
	}
	return nil
}

// numberText reads a number as the text JavaScript prints for it.
func (r *jsonReader) numberText() error {
	from := r.at
	n, err := r.scanNumber()
	if err != nil {
		return err
	}
	switch {
	case n.integer && n.negative && n.size > 0:
		r.out = strconv.AppendUint(append(r.out, '-'), n.size, 10)
	case n.integer:
		r.out = strconv.AppendUint(r.out, n.size, 10)
	case n.float-n.float != 0:
		return &SyntaxError{Offset: from, What: whatName}
	default:
		r.out = appendJSONFloat(r.out, n.float)
	}
	return nil
}

// scanNumber reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? and its value.
func (r *jsonReader) scanNumber() (jsonNumber, error) {
	n := jsonNumber{integer: true}
	from := r.at
	if r.in[r.at] == '-' {
		n.negative = true
		r.at++
	}
	digits := r.at
	fits := true
	for ; r.digit(); r.at++ {
		d := uint64(r.in[r.at] - '0')
		fits = fits && n.size <= (1<<64-1-d)/10
		n.size = n.size*10 + d
	}
	if r.at == digits || r.in[digits] == '0' && r.at > digits+1 {
		r.at = digits
		return n, r.unexpected(whatNumber)
	}
	if r.at < len(r.in) && r.in[r.at] == '.' {
		n.integer = false
		r.at++
		if err := r.digits(); err != nil {
			return n, err
		}
	}
	if r.at < len(r.in) && (r.in[r.at] == 'e' || r.in[r.at] == 'E') {
		n.integer = false
		r.at++
		if r.at < len(r.in) && (r.in[r.at] == '+' || r.in[r.at] == '-') {
			r.at++
		}
		if err := r.digits(); err != nil {
			return n, err
		}
	}
	if n.integer && fits && (!n.negative || n.size <= 1<<63) {
		return n, nil
	}
	n.integer = false
	// The grammar is checked: what is left to fail is the range, and then the value is an infinity.
	n.float, _ = strconv.ParseFloat(string(r.in[from:r.at]), 64)
	return n, nil
}

func (r *jsonReader) digit() bool {
	return r.at < len(r.in) && '0' <= r.in[r.at] && r.in[r.at] <= '9'
}

// digits moves over at least one digit.
func (r *jsonReader) digits() error {
	if !r.digit() {
		return r.unexpected(whatNumber)
	}
	for r.digit() {
		r.at++
	}
	return nil
}
