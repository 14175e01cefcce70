package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// emptyArgs is the MessagePack array without elements.
var emptyArgs = []byte{0x90}

// A packet is one event or ack on its way to clients: transcoded once, and turned into a message
// at most once for each dialect that a receiver speaks. It belongs to one goroutine.
type packet struct {
	namespace   string
	text        []byte   // the packet as clients of revision 5 read it
	attachments [][]byte // these alias the arguments
	size        int      // of text and attachments
	messages    [engine.Dialects]*engine.Message

	data []byte // the JSON in text, before it was there
}

// message returns the packet for one dialect.
func (p *packet) message(d engine.Dialect) *engine.Message {
	if p.messages[d] == nil {
		p.messages[d] = engine.NewMessage(d, p.text, p.attachments)
	}
	return p.messages[d]
}

// packets are pooled for their buffers, which no message keeps (BenchmarkEmit).
var packets = sync.Pool{New: func() any { return new(packet) }}

// maxPooledBytes keeps a rare large packet from staying in the pool.
const maxPooledBytes = 64 << 10

func (p *packet) giveBack() {
	if cap(p.text)+cap(p.data) > maxPooledBytes {
		return
	}
	clear(p.attachments)
	*p = packet{text: p.text[:0], data: p.data[:0], attachments: p.attachments[:0]}
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
	p := packets.Get().(*packet)
	p.data, p.attachments, err = payload.AppendEventJSON(p.data, e.Event, args, p.attachments)
	return h.finish(p, err, socketio.Packet{
		Type: socketio.Event, Namespace: namespace, ID: ack, HasID: wantsAck,
	})
}

// encodeAck encodes the answer to a client's event.
func (h *Hub) encodeAck(namespace string, id uint64, args []byte) (*packet, error) {
	if args == nil {
		args = emptyArgs
	}
	p := packets.Get().(*packet)
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
		p.namespace = head.Namespace
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

// connectMessage is the answer to an accepted CONNECT: 0/chat,{"sid":"…"}.
func connectMessage(s *Socket) *engine.Message {
	return s.control(socketio.Connect, []byte(`{"sid":"`+s.id+`"}`))
}

// disconnectMessage is the farewell to one namespace: 1/chat,.
func disconnectMessage(s *Socket) *engine.Message {
	return s.control(socketio.Disconnect, nil)
}

// connectErrorMessage is the answer to a refused CONNECT: 4/chat,{"message":"…","data":…}. data
// that is no plain JSON value, or too large, is left out: this packet cannot carry attachments. err
// says why.
func connectErrorMessage(s *Socket, message string, data []byte) (m *engine.Message, err error) {
	text := append([]byte(`{"message":`), quote(message)...)
	if data != nil {
		var value []byte
		var attachments [][]byte
		value, attachments, err = payload.AppendJSON(nil, data, nil)
		switch {
		case err != nil:
		case len(attachments) > 0:
			err = errors.New("a connect error cannot carry binary values")
		case len(value) > s.client.hub.cfg.MaxPayload:
			err = fmt.Errorf("%d bytes, the limit is %d (max_payload)", len(value), s.client.hub.cfg.MaxPayload)
		default:
			text = append(append(text, `,"data":`...), value...)
		}
	}
	return s.control(socketio.ConnectError, append(text, '}')), err
}

// control encodes a packet for one socket.
func (s *Socket) control(t socketio.Type, data []byte) *engine.Message {
	text := socketio.Append(nil, socketio.Packet{Type: t, Namespace: s.namespace.name, Data: data})
	return engine.NewMessage(s.client.dialect, text, nil)
}

// quote returns a text as JSON. Not UTF-8 becomes U+FFFD, as everywhere.
func quote(text string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic("hub: a string without a JSON form: " + err.Error())
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
