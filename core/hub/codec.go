package hub

import (
	"fmt"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// A form is a way of writing packets: a dialect with one of its parsers. An emit is encoded at most
// once for each form that a receiver reads.
type form uint8

const (
	formEIO4 form = iota
	formPacked
	formEIO3
	formV09
	formPlain

	forms = int(iota)
)

// A codec is what the hub has to know of a form. All that differs between client generations is in a
// codec or behind it: the rest of the hub asks no client for its dialect.
type codec struct {
	// read takes one message of a client's session; done is false while more messages belong to the
	// packet. An error closes the session.
	read func(c *client, message []byte, binary bool) (in inbound, done bool, err error)
	// packet writes an event or an ack.
	packet func(p *packet) *engine.Message
	// connected, refused and disconnected write what begins and ends a socket. refused leaves out
	// data that clients of this form cannot be told, and says so in the error. at is where clients that can
	// say where they were are then.
	connected    func(s *Socket, at place) *engine.Message
	refused      func(s *Socket, message string, data []byte) (*engine.Message, error)
	disconnected func(s *Socket) *engine.Message
	// recovers: clients know how to ask for their sockets back; see recovery.go. connected tells them
	// the pid then, and packet ends an event with its offset.
	recovers bool
	// unasked: clients are in the main namespace without asking for it; see unasked.go.
	unasked bool
	// lenient: what clients send to namespaces that they are not in is passed over, and so are CONNECTs to
	// one that they are in or have asked for. Others are closed for it.
	lenient bool
	// mainIsAll: the main namespace is the client itself. Who is refused there is refused the session, at
	// its handshake, and who is put out there is put out of all.
	mainIsAll bool
	// parameters are those of the query that are read here, and so not the client's own.
	parameters []string
	// home is the namespace that stands for the main one in the two above; nil: the main one.
	home func(c *client) string
	// cameFrom is the offset that a client names when it comes, "" if none: what was emitted since then is sent to it
	// again; see history.go.
	cameFrom func(c *client) string
	// computesID: clients compute what they call their sockets' ids; see alias.go.
	computesID bool
}

// codecs is the table of forms.
var codecs = [forms]codec{
	formEIO4: {
		read:         readFirst5,
		packet:       writeRevision5,
		connected:    connectedRevision5,
		refused:      refusedRevision5,
		disconnected: disconnectedRevision5,
		recovers:     true,
	},
	formPacked: {
		read:         readPacked,
		packet:       writePacked,
		connected:    connectedPacked,
		refused:      refusedPacked,
		disconnected: disconnectedPacked,
		recovers:     true,
	},
	formEIO3: {
		read:         readRevision4,
		packet:       writeRevision4,
		connected:    connectedRevision4,
		refused:      refusedRevision4,
		disconnected: disconnectedRevision4,
		unasked:      true,
		lenient:      true,
		computesID:   true,
	},
	formV09: {
		read:         readProtocol1,
		packet:       writeProtocol1,
		connected:    connectedProtocol1,
		refused:      refusedProtocol1,
		disconnected: disconnectedProtocol1,
		unasked:      true,
		lenient:      true,
		mainIsAll:    true,
		computesID:   true,
	},
	formPlain: {
		read:         readPlain,
		packet:       writePlain,
		connected:    connectedPlain,
		refused:      refusedPlain,
		disconnected: disconnectedPlain,
		unasked:      true,
		mainIsAll:    true,
		parameters:   []string{plainNamespace, plainSince},
		home:         homeOfPlain,
		cameFrom:     offsetOfPlain,
	},
}

// formNames are how the counters call the forms.
var formNames = [forms]string{formEIO4: "eio4", formPacked: "eio4_msgpack", formEIO3: "eio3", formV09: "v09", formPlain: "plain"}

// firstForm is the form that clients of a dialect are taken to use until they show another one.
var firstForm = [engine.Dialects]form{
	engine.EIO4: formEIO4,
	engine.EIO3: formEIO3,
	engine.V09:  formV09,

	engine.Plain: formPlain,
}

// inbound is one packet of a client in the shape that the hub works with, whatever it came as.
type inbound struct {
	socketio.Packet          // Data is JSON text, or notepack's MessagePack if packed
	attachments     [][]byte // what the placeholders in the text stand for
	packed          bool
}

// auth is what a CONNECT brings, as a MessagePack value; nil for nothing.
func (in *inbound) auth(h *Hub) ([]byte, error) {
	if in.Data == nil {
		return nil, nil
	}
	return in.value("CONNECT", nil, h)
}

// event is the name of an event and its arguments, a MessagePack array.
func (in *inbound) event(h *Hub) (name string, args []byte, err error) {
	if in.packed {
		name, args, err = payload.SplitNotepackEvent(nil, in.Data, h.payloadLimits)
	} else {
		name, args, err = payload.SplitEvent(nil, in.Data, in.attachments, h.payloadLimits)
	}
	if err != nil {
		return "", nil, fmt.Errorf("hub: event: %w", err)
	}
	return name, args, nil
}

// args are the arguments of an ack, a MessagePack array.
func (in *inbound) args(h *Hub) ([]byte, error) {
	return in.value("ack", in.attachments, h)
}

// value is the data as one MessagePack value. what says in an error whose data it is.
func (in *inbound) value(what string, attachments [][]byte, h *Hub) (value []byte, err error) {
	if in.packed {
		value, err = payload.AppendFromNotepack(nil, in.Data, h.payloadLimits)
	} else {
		value, err = payload.AppendMessagePack(nil, in.Data, attachments, h.payloadLimits)
	}
	if err != nil {
		return nil, fmt.Errorf("hub: %s: %w", what, err)
	}
	return value, nil
}
