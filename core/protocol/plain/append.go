package plain

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Append appends one message.
//
// Limits: p.Args is the caller's own JSON, on one line, so that an event stream can carry it.
// Ownership: p is only read.
func Append(dst []byte, p Packet) []byte {
	if p.IsAck {
		dst = strconv.AppendUint(append(dst, `{"ack":`...), p.ID, 10)
	} else {
		dst = appendText(append(dst, `{"event":`...), p.Event)
	}
	dst = appendArgs(append(dst, `,"args":`...), p.Args)
	if p.HasID && !p.IsAck {
		dst = strconv.AppendUint(append(dst, `,"id":`...), p.ID, 10)
	}
	if p.Offset != "" {
		dst = appendText(append(dst, `,"offset":`...), p.Offset)
	}
	return append(dst, '}')
}

func appendArgs(dst, args []byte) []byte {
	if args == nil {
		return append(dst, "[]"...)
	}
	return append(dst, args...)
}

// appendText appends a text as JSON.
func appendText(dst []byte, text string) []byte {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic("plain: a text without a JSON form: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// last are how the messages begin behind which a connection ends.
var last = [][]byte{[]byte(`{"event":"` + ConnectError + `",`), []byte(`{"event":"` + Disconnect + `",`)}

// IsLast reports whether a message that Append made is the last one of its connection.
func IsLast(message []byte) bool {
	for _, begin := range last {
		if bytes.HasPrefix(message, begin) {
			return true
		}
	}
	return false
}
