package socketio1

import (
	"strconv"
	"strings"
	"time"
)

// Handshake is what the server answers to the request that begins a session.
type Handshake struct {
	SID              string        // the session's id; a secret
	HeartbeatTimeout time.Duration // sent in whole seconds; 0 says that there are no heartbeats
	CloseTimeout     time.Duration // sent in whole seconds
	Transports       []string      // in the order that the client shall try them
}

// AppendHandshake appends the body of the answer.
//
// Shape: "4d4f185e96a7b:60:60:websocket,xhr-polling". For a JSONP request it goes through
// [AppendJSONP].
// Limits: SID and the transports are this server's own words, without colons and commas.
// Source: socket.io-spec, "Handshake"; socket.io 0.9.19, manager.handleHandshake.
func AppendHandshake(dst []byte, h Handshake) []byte {
	dst = append(append(dst, h.SID...), ':')
	dst = appendSeconds(dst, h.HeartbeatTimeout)
	dst = append(dst, ':')
	dst = appendSeconds(dst, h.CloseTimeout)
	dst = append(dst, ':')
	return append(dst, strings.Join(h.Transports, ",")...)
}

// appendSeconds appends whole seconds; less than one is said as one, since none means never.
func appendSeconds(dst []byte, d time.Duration) []byte {
	if d <= 0 {
		return dst
	}
	return strconv.AppendInt(dst, int64(max(1, d/time.Second)), 10)
}
