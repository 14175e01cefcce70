package socketio1

import (
	"bytes"

	"realtime/core/protocol/engineio"
)

// ParseMessage reads as much of one message as [Conn] needs: an engine packet with the whole text as
// its data. binary says that it came as a binary message of a WebSocket, which this protocol has not.
//
// Shapes: "2::" is a pong, since only the server asks; "0::" without an endpoint is a close; "8::" is a
// noop; everything else is a message for the floor above, which finds out what is in it. No text at all
// is a noop too: old Flash players send it.
// Ownership: Data aliases b.
// Errors: [*SyntaxError] with [ErrType], also for a binary message.
func ParseMessage(b []byte, binary bool) (engineio.Packet, error) {
	switch {
	case len(b) == 0:
		return engineio.Packet{Type: engineio.Noop}, nil
	case binary || !Type(b[0]).Valid():
		return engineio.Packet{}, &SyntaxError{Err: ErrType}
	}
	switch Type(b[0]) {
	case Heartbeat:
		return engineio.Packet{Type: engineio.Pong}, nil
	case Noop:
		return engineio.Packet{Type: engineio.Noop}, nil
	case Disconnect:
		if bytes.Count(b, []byte{':'}) == 2 && b[len(b)-1] == ':' {
			return engineio.Packet{Type: engineio.Close}, nil
		}
	}
	return engineio.Packet{Type: engineio.Message, Data: b}, nil
}

// NextMessage is [NextFrame] and [ParseMessage] in one: the first message of a body that was posted.
func NextMessage(body []byte) (p engineio.Packet, rest []byte, err error) {
	text, rest, err := NextFrame(body)
	if err != nil {
		return engineio.Packet{}, nil, err
	}
	p, err = ParseMessage(text, false)
	return p, rest, err
}
