package rpc

// Auth is the part of a client's auth that the sidecar looks at. All else in it is the app's alone.
type Auth struct {
	Token      string   // "" when there is none, or something that is no text
	RoomTokens []string // nil when there are none
	Broken     bool     // room_tokens is there and is no list of texts
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
			list := fields{key: f.key, val: f.val}
			a.RoomTokens = list.texts()
			a.Broken = list.err != nil
		}
	}
	return a
}
