package engineio

import (
	"strconv"
	"time"
)

// Handshake is what the server tells a client in its first packet.
type Handshake struct {
	SID          string        // the session's id; a secret
	Upgrades     []string      // transports the client may go on to; empty on a WebSocket
	PingInterval time.Duration // sent in whole milliseconds
	PingTimeout  time.Duration // sent in whole milliseconds
	MaxPayload   int           // bytes of one POST; clients split their bodies by it
}

// AppendHandshake appends the open packet, digit included, fit for a WebSocket text message and for
// a polling body alike.
//
// Shape, with exactly these five keys:
//
//	0{"sid":"…","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}
//
// Limits: SID and the names in Upgrades are this server's own words, of letters, digits, "-" and
// "_"; they are written as they stand.
// Source: engine.io-protocol revision 4, "Handshake".
func AppendHandshake(dst []byte, h Handshake) []byte {
	dst = append(dst, byte(Open))
	dst = append(dst, `{"sid":"`...)
	dst = append(dst, h.SID...)
	dst = append(dst, `","upgrades":[`...)
	for i, transport := range h.Upgrades {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, transport...)
		dst = append(dst, '"')
	}
	dst = append(dst, `],"pingInterval":`...)
	dst = strconv.AppendInt(dst, h.PingInterval.Milliseconds(), 10)
	dst = append(dst, `,"pingTimeout":`...)
	dst = strconv.AppendInt(dst, h.PingTimeout.Milliseconds(), 10)
	dst = append(dst, `,"maxPayload":`...)
	dst = strconv.AppendInt(dst, int64(h.MaxPayload), 10)
	return append(dst, '}')
}
