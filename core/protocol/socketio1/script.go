package socketio1

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// maxIndexDigits bounds the number of a callback; a page counts its transports with it.
const maxIndexDigits = 9

// JSONPIndex is the number of the callback that a JSONP request names, in the parameter "jsonp" of a
// handshake or "i" of a poll. ok is false if it is not a number; a poll then means callback 0.
//
// Limits: 9 digits. The result is safe to stand in a script.
// Source: socket.io 0.9.19, jsonp-polling.js and manager.handleHandshake.
func JSONPIndex(parameter []byte) (index string, ok bool) {
	if len(parameter) == 0 || len(parameter) > maxIndexDigits {
		return "0", false
	}
	for _, c := range parameter {
		if c < '0' || c > '9' {
			return "0", false
		}
	}
	return string(parameter), true
}

// AppendJSONP appends the script that hands text to a page's callback.
//
// Shape: `io.j[2]("5:::{\"name\":\"x\"}");`, also legal JavaScript where the text has U+2028 or U+2029,
// which the reference forgets.
// Limits: index comes from [JSONPIndex]; text is UTF-8.
func AppendJSONP(dst []byte, index string, text []byte) []byte {
	dst = append(append(append(dst, "io.j["...), index...), "]("...)
	return append(appendQuoted(dst, text, javaScript), ");"...)
}

// AppendJSONPError appends the script that says why a handshake was refused. Its status is 200: a page
// cannot see another one.
//
// Shape: `io.j[2](new Error("handshake unauthorized"));`.
// Source: socket.io 0.9.19, manager.handleHandshake.
func AppendJSONPError(dst []byte, index, text string) []byte {
	dst = append(append(append(dst, "io.j["...), index...), "](new Error("...)
	return append(appendQuoted(dst, []byte(text), javaScript), "));"...)
}

// ParseJSONPForm reads the field "d" of a form that a JSONP client posts, already decoded as a form:
// the JSON string of a body, because forms change line breaks. Clients 0.7 post the body as it is; a line
// break in it has become CRLF on its way.
//
// Errors: [*SyntaxError] with [ErrForm] or [ErrText]. The result is new memory.
// Source: socket.io 0.9.19 and socket.io-client 0.7.11, jsonp-polling.js.
func ParseJSONPForm(field []byte) ([]byte, error) {
	if !utf8.Valid(field) {
		return nil, &SyntaxError{Err: ErrText}
	}
	if beginsBody(field) {
		return bytes.ReplaceAll(field, []byte("\r\n"), []byte("\n")), nil
	}
	field = trimSpace(field)
	var body string
	if !enclosed(field, '"', '"') || json.Unmarshal(field, &body) != nil {
		return nil, &SyntaxError{Err: ErrForm}
	}
	return []byte(body), nil
}

// beginsBody reports whether text begins as a body does: with a packet's type, or the mark before a length.
func beginsBody(text []byte) bool {
	if len(text) > 0 && text[0] >= '0' && text[0] <= '8' {
		return true
	}
	return bytes.HasPrefix(text, []byte(mark))
}

// htmlFileHead declares the function that each of the scripts after it calls. "parent.s" is where the
// client puts itself.
const htmlFileHead = "<html><body><script>var _ = function (msg) { parent.s._(msg, document); };</script>"

// htmlFilePadding is how long the beginning of the page must be, in bytes, before Internet Explorer
// shows any of it. Source: socket.io 0.9.19, htmlfile.js, which writes 173 spaces.
const htmlFilePadding = 256

// AppendHTMLFileHead appends the beginning of the page that never ends, by which Internet Explorer up
// to 9 gets packets as they come.
func AppendHTMLFileHead(dst []byte) []byte {
	dst = append(dst, htmlFileHead...)
	for range htmlFilePadding - len(htmlFileHead) {
		dst = append(dst, ' ')
	}
	return dst
}

// AppendHTMLFile appends the script that hands one packet to the page around.
//
// Shape: `<script>_("5:::{\"name\":\"x\"}");</script>`, in which "/" and "<" are written so that no text
// can end the script or begin a comment in it. The client of 0.9.17 takes a backslash before a slash
// for such an escape wherever it stands, so that a text with both loses the backslash there.
// Limits: packet is UTF-8.
// Source: socket.io 0.9.19, htmlfile.js.
func AppendHTMLFile(dst, packet []byte) []byte {
	dst = appendQuoted(append(dst, "<script>_("...), packet, htmlScript)
	return append(dst, ");</script>"...)
}
