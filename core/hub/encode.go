package hub

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// emptyArgs is the MessagePack array without elements.
var emptyArgs = []byte{0x90}

// A packet is one event or ack on its way to clients: transcoded once, and turned into a message
// at most once for each form that a receiver reads. It belongs to one goroutine, and no longer than the
// call that brought it: name and args are the caller's.
type packet struct {
	hub         *Hub
	namespace   string
	head        socketio.Packet // without Data; an Event or an Ack, whatever the attachments
	event       string          // the name; "" for an ack
	args        []byte          // the arguments, a MessagePack array
	text        []byte          // the packet as clients of revision 5 read it
	attachments [][]byte        // these alias the arguments
	size        int             // of text and attachments
	messages    [forms]*engine.Message

	uncompressed bool // not worth compressing

	offsets *offsets // nil: clients cannot ask for it again
	history *history // nil: it is not kept for those who are not there
	recover bool     // Socket.IO clients are told the offset
	place   place    // by whose number they can; 0 if it is volatile
	offset  string   // what tells them

	data     []byte // the JSON in text, before it was there
	numbered []byte // the text with the offset
	escaped  []byte // the text in ASCII
}

// enter gives the packet its number, which leave settles when it is in everybody's queue, and keeps it for
// those who are not there.
func (p *packet) enter(sel *Select, volatile bool) {
	switch {
	case p.offsets == nil:
	case volatile && p.recover:
		// Clients would take its last argument for an offset, so it has one.
		p.offset = engine.Offset{Number: p.offsets.settled(), Passing: true}.String()
	case !volatile:
		p.place = placeOf(p.offsets.begin())
		if p.recover {
			p.offset = engine.Offset{Number: p.place.number}.String()
		}
		if p.history != nil {
			p.history.add(p, sel, time.Now())
		}
	}
}

func (p *packet) leave() {
	if p.place.number != 0 {
		p.offsets.end(p.place.number)
	}
}

// message returns the packet in one form.
func (p *packet) message(f form) *engine.Message {
	if p.messages[f] == nil {
		p.messages[f] = codecs[f].packet(p)
		p.hub.encodings[f].Add(1)
		if p.uncompressed {
			p.messages[f].Uncompressed()
		}
	}
	return p.messages[f]
}

// Encoding is how often packets were written in one form.
type Encoding struct {
	Form  string // "eio4", "eio4_msgpack"
	Count int64
}

// Encodings counts, since the start, in which forms events and acks were written: for each of them once
// for every form that one of its receivers reads, however many they are.
func (h *Hub) Encodings() []Encoding {
	list := make([]Encoding, forms)
	for f := range list {
		list[f] = Encoding{formNames[f], h.encodings[f].Load()}
	}
	return list
}

// packets are pooled for their buffers, which no message keeps (BenchmarkEmit).
var packets = sync.Pool{New: func() any { return new(packet) }}

// maxPooledBytes keeps a rare large packet from staying in the pool.
const maxPooledBytes = 64 << 10

func (h *Hub) newPacket() *packet {
	p := packets.Get().(*packet)
	p.hub = h
	return p
}

func (p *packet) giveBack() {
	if cap(p.text)+cap(p.data)+cap(p.numbered)+cap(p.escaped) > maxPooledBytes {
		return
	}
	clear(p.attachments)
	*p = packet{
		text: p.text[:0], data: p.data[:0], numbered: p.numbered[:0], escaped: p.escaped[:0],
		attachments: p.attachments[:0],
	}
	packets.Put(p)
}

// encodeEvent checks an emit and encodes it, with an ack id if the clients are to answer.
// The caller gives the packet back.
func (h *Hub) encodeEvent(e *Emit, ack uint64, wantsAck bool) (*packet, error) {
	namespace, err := h.namespaceName(e.Namespace)
	if err != nil {
		return nil, err
	}
	if socketio.ReservedEvent(e.Event) {
		return nil, &Error{CodeReservedEvent, fmt.Sprintf(
			"event %q: Socket.IO keeps this name for itself", e.Event)}
	}
	args := e.Args
	if args == nil {
		args = emptyArgs
	}
	p := h.newPacket()
	p.event, p.args = e.Event, args
	p.uncompressed = e.Uncompressed
	if !wantsAck { // nobody would wait for the answer to an event that comes again
		h.number(p)
	}
	p.data, p.attachments, err = payload.AppendEventJSON(p.data, e.Event, args, p.attachments)
	return h.finish(p, err, socketio.Packet{
		Type: socketio.Event, Namespace: namespace, ID: ack, HasID: wantsAck,
	})
}

// number has the packet be numbered, if anybody may ask for it again.
func (h *Hub) number(p *packet) {
	if h.cfg.Recovery <= 0 && !h.cfg.History {
		return
	}
	p.offsets, p.recover = &h.offsets, h.cfg.Recovery > 0
	if h.cfg.History {
		p.history = &h.history
	}
}

// encodeAck encodes the answer to a client's event.
func (h *Hub) encodeAck(namespace string, id uint64, args []byte) (*packet, error) {
	if args == nil {
		args = emptyArgs
	}
	p := h.newPacket()
	p.args = args
	var err error
	p.data, p.attachments, err = payload.AppendJSON(p.data, args, p.attachments)
	if err == nil && p.data[0] != '[' {
		err = &Error{CodeInvalid, "args: must be an array"}
	}
	return h.finish(p, err, socketio.Packet{
		Type: socketio.Ack, Namespace: namespace, ID: id, HasID: true,
	})
}

// finish puts the text of a packet together around its data, unless that failed.
func (h *Hub) finish(p *packet, err error, head socketio.Packet) (*packet, error) {
	if err == nil {
		p.namespace, p.head = head.Namespace, head
		head.Data = p.data
		p.text = socketio.Append(p.text, head.WithAttachments(len(p.attachments)))
		p.size = len(p.text)
		for _, a := range p.attachments {
			p.size += len(a)
		}
		if p.size <= h.cfg.MaxPayload {
			return p, nil
		}
		err = &Error{CodeTooLarge, fmt.Sprintf(
			"args: %d bytes as clients get them, the limit is %d (max_payload)", p.size, h.cfg.MaxPayload)}
	}
	p.giveBack()
	return nil, refusal(err)
}

// refusal gives an error of the transcoder the code that says what it is.
func refusal(err error) error {
	var refused *Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, payload.ErrTooManyAttachments):
		return &Error{CodeTooManyAttachments, fmt.Sprintf(
			"args: more than %d binary values, which clients would close on", payload.MaxAttachments)}
	case errors.Is(err, payload.ErrTooLarge):
		return &Error{CodeTooLarge, "args: " + err.Error()}
	}
	return &Error{CodeInvalid, "args: " + err.Error()}
}
