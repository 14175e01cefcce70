package engineio

import (
	"bytes"
	"unicode/utf8"
)

// JSONP: polling by scripts and forms, for browsers and pages that cannot do it otherwise. What is polled
// is the same body as elsewhere, of either revision; here it is made fit for a script, and for a form.

// maxIndexDigits bounds the number of a callback; a page counts its transports with it.
const maxIndexDigits = 9

// JSONPIndex is the number of the callback that a request names in its parameter "j": the digits of it,
// as the reference reads it, and 0 if there are none.
//
// Limits: 9 digits; the result is safe to stand in a script.
// Source: engine.io 3.6.1, polling-jsonp.js.
func JSONPIndex(parameter []byte) string {
	index := make([]byte, 0, maxIndexDigits)
	for _, c := range parameter {
		if '0' <= c && c <= '9' && len(index) < maxIndexDigits {
			index = append(index, c)
		}
	}
	if len(index) == 0 {
		return "0"
	}
	return string(index)
}

// AppendJSONP appends the script that hands a polling body to a page's callback.
//
// Shape: `___eio[7]("2:42");`, its text a string of JSON that is one of every JavaScript, too.
// Limits: index comes from [JSONPIndex]. What is not UTF-8 in body becomes U+FFFD.
// Ownership: body is copied.
// Source: engine.io-protocol revision 3, "JSONP"; engine.io 3.6.1, polling-jsonp.js.
func AppendJSONP(dst []byte, index string, body []byte) []byte {
	dst = append(append(append(dst, "___eio["...), index...), `]("`...)
	for len(body) > 0 {
		r, width := utf8.DecodeRune(body)
		dst = appendInScript(dst, r)
		body = body[width:]
	}
	return append(dst, `");`...)
}

// appendInScript appends one character of a string in a script. Scripts before ECMAScript 2019 end a
// line at U+2028 and U+2029, and with it the string.
func appendInScript(dst []byte, r rune) []byte {
	const hexDigits = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, '\\', 'n')
	case r < ' ' || r == '\u2028' || r == '\u2029':
		return append(dst, '\\', 'u', hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
	}
	return utf8.AppendRune(dst, r)
}

// ParseJSONPForm is the polling body in the field "d" of a form that a client has posted; field is decoded
// as forms are. Browsers change line breaks in forms, so clients write a line feed as `\n`, and one more
// backslash before a `\n` that is in the body itself.
//
// Ownership: the result is field itself if nothing had to be changed, else new memory.
// Source: engine.io 3.6.1, polling-jsonp.js; engine.io-client 3.5.4, polling-jsonp.js.
func ParseJSONPForm(field []byte) []byte {
	if !bytes.Contains(field, []byte(`\n`)) {
		return field
	}
	body := make([]byte, 0, len(field))
	for i, c := range field {
		last := len(body) - 1
		switch {
		case c != 'n' || last < 0 || field[i-1] != '\\':
			body = append(body, c)
		case last > 0 && field[i-2] == '\\':
			body[last] = c // `\\n` was `\n`
		default:
			body[last] = '\n'
		}
	}
	return body
}
