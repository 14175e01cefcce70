package engine

import (
	"encoding/base64"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

// Message is one outgoing group: a packet of the floor above and its attachments. It is encoded
// once, immutable, and shared by all sessions it goes to; groups never interleave.
type Message struct {
	// wire is the WebSocket frames of all packets, ready to be written.
	wire []byte
	// packets are the payloads within wire; nil if the whole is one text frame, whose payload
	// begins at head.
	packets []span
	head    int
}

// span is the payload of one packet within Message.wire.
type span struct {
	from, to int
	binary   bool
}

// NewMessage encodes one message for a dialect.
//
// Shape: text is a Socket.IO packet, `2["news",1]`; attachments are the binary messages that follow
// it. Ownership: both are copied. Concurrency: a Message may be used by any number of goroutines.
func NewMessage(_ Dialect, text []byte, attachments [][]byte) *Message {
	if len(attachments) == 0 {
		return newText(engineio.Message, text)
	}
	size := len(text) + 1 + frameHeadMax
	for _, a := range attachments {
		size += len(a) + frameHeadMax
	}
	m := &Message{wire: make([]byte, 0, size), packets: make([]span, 0, 1+len(attachments))}
	m.wire = wsframe.AppendHeader(m.wire, wsframe.OpText, len(text)+1)
	m.wire = append(m.wire, byte(engineio.Message))
	m.wire = append(m.wire, text...)
	m.packets = append(m.packets, span{from: len(m.wire) - len(text) - 1, to: len(m.wire)})
	for _, a := range attachments {
		m.wire = wsframe.AppendFrame(m.wire, wsframe.OpBinary, a)
		m.packets = append(m.packets, span{from: len(m.wire) - len(a), to: len(m.wire), binary: true})
	}
	return m
}

// NewBare is one message without a packet of the floor above: text, or binary. It is what an engine
// without Socket.IO on top of it sends. data is copied.
func NewBare(data []byte, binary bool) *Message {
	if !binary {
		return newText(engineio.Message, data)
	}
	wire := wsframe.AppendFrame(make([]byte, 0, len(data)+frameHeadMax), wsframe.OpBinary, data)
	return &Message{wire: wire, packets: []span{{from: len(wire) - len(data), to: len(wire), binary: true}}}
}

// frameHeadMax is the longest header of an unmasked frame (RFC 6455 section 5.2).
const frameHeadMax = 10

// newText is a message of one text packet.
func newText(t engineio.PacketType, text []byte) *Message {
	wire := make([]byte, 0, len(text)+1+frameHeadMax)
	wire = wsframe.AppendHeader(wire, wsframe.OpText, len(text)+1)
	head := len(wire)
	wire = append(wire, byte(t))
	return &Message{wire: append(wire, text...), head: head}
}

// Size is the number of bytes the message takes on a WebSocket.
func (m *Message) Size() int { return len(m.wire) }

// appendPayload appends the message to a polling body, which holds packets already if it is not
// empty. Source: Engine.IO protocol v4, "HTTP long-polling".
func (m *Message) appendPayload(body []byte) []byte {
	if m.packets == nil {
		return appendText(body, m.wire[m.head:])
	}
	for _, s := range m.packets {
		if !s.binary {
			body = appendText(body, m.wire[s.from:s.to])
			continue
		}
		body = append(separated(body), 'b')
		body = base64.StdEncoding.AppendEncode(body, m.wire[s.from:s.to])
	}
	return body
}

func appendText(body, packet []byte) []byte { return append(separated(body), packet...) }

func separated(body []byte) []byte {
	if len(body) == 0 {
		return body
	}
	return append(body, engineio.Separator)
}

// What the engine itself says.
var (
	pingMessage  = newText(engineio.Ping, nil)
	closeMessage = newText(engineio.Close, nil)
	noopMessage  = newText(engineio.Noop, nil)
	probeMessage = newText(engineio.Pong, []byte("probe"))
)
