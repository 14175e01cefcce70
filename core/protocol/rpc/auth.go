package rpc

import "strings"

// Auth is the part of a client's auth that the sidecar looks at. All else in it is the app's alone.
type Auth struct {
	Token      string   // "" when there is none, or something that is no text
	RoomTokens []string // nil when there are none
	Broken     bool     // room_tokens is there and is neither a list of texts nor one text
}

// DecodeAuth reads the auth of a CONNECT, a valid MessagePack value or nil. Nothing in it is an error:
// apps give it any shape.
func DecodeAuth(auth []byte) Auth {
	var a Auth
	if len(auth) == 0 || !isMap(auth) {
		return a
	}
	f := open(auth)
	for f.next() {
		switch string(f.key) {
		case "token":
			r := reader{b: f.val}
			text, _ := r.str()
			a.Token = string(text)
		case "room_tokens":
			a.RoomTokens, a.Broken = roomTokens(f.key, f.val)
		}
	}
	return a
}

// roomTokens reads a list of texts, or one text with commas between them: clients without auth show a
// query, where there are only texts. No token has a comma in it.
func roomTokens(key, val []byte) (tokens []string, broken bool) {
	r := reader{b: val}
	if text, ok := r.str(); ok {
		return strings.FieldsFunc(string(text), func(c rune) bool { return c == ',' }), false
	}
	list := fields{key: key, val: val}
	tokens = list.texts()
	return tokens, list.err != nil
}
