package engine

import (
	"iter"
	"sync"
	"sync/atomic"

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
	// offset and scope say what a client may ask for again; see trail. 0: nothing.
	offset         uint64
	scope          string
	incompressible bool   // see Uncompressed
	name           string // see Named
	// last says that its client ends on it and does not come back by itself.
	last bool
	// others are the same message for WebSockets that need other bytes; nil while none has asked. origin
	// is the usual one, if this is one of them.
	others atomic.Pointer[[variants]other]
	origin *Message
	answer atomic.Pointer[compressedBody] // see Message.compressedBody
}

// other is a variant of a message, made once.
type other struct {
	once    sync.Once
	message *Message
}

// span is the payload of one packet within Message.wire.
type span struct {
	from, to int
	binary   bool
}

// variant is the way in which a WebSocket differs from the usual one.
type variant uint8

const (
	// usual: frames of RFC 6455, binary data in binary frames.
	usual variant = iota
	// textOnly: binary data as base64 in text frames, of revision 3.
	textOnly
	// deflated: compressed, where that pays.
	deflated
	// hixieFrames: frames of the drafts before RFC 6455, which have no binary data.
	hixieFrames

	variants = int(iota)
)

// newVariant makes the variants of a message.
var newVariant = [variants]func(*Message) *Message{
	textOnly:    newTextOnly,
	hixieFrames: newHixieFrames,
	deflated:    newDeflated,
}

// NewMessage encodes one message for a dialect.
//
// Shape: text is a Socket.IO packet as the dialect has it, `2["news",1]`; attachments are the binary
// messages that follow it, for dialects that have any. Ownership: both are copied. Concurrency: a
// Message may be used by any number of goroutines.
func NewMessage(d Dialect, text []byte, attachments [][]byte) *Message {
	return newMessage[d](text, attachments)
}

// NewBare is one message of Engine.IO, of either revision, without a packet of the floor above: text, or
// binary. It is what an engine without Socket.IO on top of it sends. data is copied.
func NewBare(d Dialect, data []byte, binary bool) *Message {
	if !binary {
		return newText(engineio.Message, data)
	}
	m := &Message{wire: make([]byte, 0, len(data)+groupHeadMax)}
	m.appendBinary(data, binaryMarks[d])
	return m
}

// Tracked gives a message the number by which a client may ask for it again, among those of a scope. It
// is called before the message is sent to anybody, and returns it.
func (m *Message) Tracked(scope string, offset uint64) *Message {
	m.scope, m.offset = scope, offset
	return m
}

// Named sets the name by which a client of an event stream says that it has got a message; "" is none. It is
// called before the message is sent to anybody, and returns it.
func (m *Message) Named(name string) *Message {
	m.name = name
	return m
}

// Text is the payload of a message that is one text. It must not be changed.
func (m *Message) Text() []byte { return m.text() }

// Offset returns what Tracked has set.
func (m *Message) Offset() (scope string, offset uint64) { return m.scope, m.offset }

// frameHeadMax is the longest header of an unmasked frame (RFC 6455 section 5.2).
const frameHeadMax = 10

// newText is a message of one text packet of Engine.IO.
func newText(t engineio.PacketType, text []byte) *Message {
	wire := make([]byte, 0, len(text)+1+frameHeadMax)
	wire = wsframe.AppendHeader(wire, wsframe.OpText, len(text)+1)
	head := len(wire)
	wire = append(wire, byte(t))
	return &Message{wire: append(wire, text...), head: head}
}

// groupHeadMax is what a binary packet takes at most beside its data.
const groupHeadMax = frameHeadMax + 1

// newGroup is a packet of the floor above and its attachments as messages of Engine.IO: text, then bytes.
// mark stands before the bytes of each attachment.
func newGroup(text []byte, attachments [][]byte, mark string) *Message {
	if len(attachments) == 0 {
		return newText(engineio.Message, text)
	}
	size := len(text) + groupHeadMax
	for _, a := range attachments {
		size += len(a) + groupHeadMax
	}
	m := &Message{wire: make([]byte, 0, size), packets: make([]span, 0, 1+len(attachments))}
	m.wire = wsframe.AppendHeader(m.wire, wsframe.OpText, len(text)+1)
	m.wire = append(m.wire, byte(engineio.Message))
	m.wire = append(m.wire, text...)
	m.packets = append(m.packets, span{from: len(m.wire) - len(text) - 1, to: len(m.wire)})
	for _, a := range attachments {
		m.appendBinary(a, mark)
	}
	return m
}

// appendBinary adds a binary packet to a message that nobody else has yet.
func (m *Message) appendBinary(data []byte, mark string) {
	m.wire = wsframe.AppendHeader(m.wire, wsframe.OpBinary, len(mark)+len(data))
	from := len(m.wire)
	m.wire = append(append(m.wire, mark...), data...)
	m.packets = append(m.packets, span{from: from, to: len(m.wire), binary: true})
}

// Size is the number of bytes the message takes on a WebSocket.
func (m *Message) Size() int { return len(m.wire) }

// payloads yields the payload of each packet, in order.
func (m *Message) payloads() iter.Seq[span] {
	return func(yield func(span) bool) {
		if m.packets == nil {
			yield(span{from: m.head, to: len(m.wire)})
			return
		}
		for _, s := range m.packets {
			if !yield(s) {
				return
			}
		}
	}
}

// text is the payload of the first packet.
func (m *Message) text() []byte {
	if m.packets == nil {
		return m.wire[m.head:]
	}
	return m.wire[m.packets[0].from:m.packets[0].to]
}

// as returns the message as WebSockets of a variant need it. It is made once, by who asks first, and kept.
func (m *Message) as(v variant) *Message {
	if m.origin != nil {
		m = m.origin
	}
	if v == usual {
		return m
	}
	others := m.others.Load()
	if others == nil {
		m.others.CompareAndSwap(nil, new([variants]other))
		others = m.others.Load()
	}
	o := &others[v]
	o.once.Do(func() {
		o.message = newVariant[v](m)
		if o.message != m {
			o.message.origin = m
		}
	})
	return o.message
}
