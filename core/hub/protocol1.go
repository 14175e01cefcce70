package hub

import (
	"errors"
	"fmt"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
	"realtime/core/protocol/socketio1"
)

// Socket.IO's first protocol: clients 0.7 to 0.9. The main namespace is the client itself: it is asked
// for at the handshake, and whoever is put out there is put out altogether. There are no attachments, so
// that binary values are base64 text, and a client cannot be told why it was refused.
// Source: socket.io-spec; socket.io 0.9.19, lib/namespace.js.

// readProtocol1 makes an event of an event, a message or a json. What the protocol answers by itself is
// answered here.
func readProtocol1(c *client, message []byte, _ bool) (in inbound, done bool, err error) {
	p, err := socketio1.Parse(message)
	if err != nil {
		return inbound{}, false, fmt.Errorf("hub: %w", err)
	}
	in.Namespace, in.ID, in.HasID = namespaceOf(p.Endpoint), p.ID, p.HasID
	if !socketio.ValidNamespace(in.Namespace, c.hub.packetLimits) {
		return inbound{}, false, c.refuseEndpoint(&p)
	}
	switch p.Type {
	case socketio1.Connect:
		in.Type, in.HasID, in.Query = socketio.Connect, false, p.Query
		in.Data = objectOf(queryFields(p.Query))
		return in, true, nil
	case socketio1.Disconnect:
		in.Type, in.HasID = socketio.Disconnect, false
		return in, true, nil
	case socketio1.Ack:
		in.Type = socketio.Ack
	case socketio1.Event, socketio1.Message, socketio1.JSON:
		in.Type = socketio.Event
		in.HasID = p.HasID && p.WantsData
	default:
		return inbound{}, false, nil // an error or a noop of a client says nothing
	}
	if in.Data, err = socketio1.AppendArray(nil, p); err != nil {
		return inbound{}, false, fmt.Errorf("hub: %w", err)
	}
	if p.HasID && !p.WantsData && in.Type == socketio.Event {
		c.session.Send(messageProtocol1(socketio1.Packet{Type: socketio1.Ack, Endpoint: p.Endpoint, ID: p.ID}), false)
	}
	return in, !in.reserved(c), nil
}

// reserved reports whether an event has a name that Socket.IO keeps for itself. Clients of this generation
// may send such events, and their own server ignored one, "disconnect", on purpose.
func (in *inbound) reserved(c *client) bool {
	name, ok := socketio1.Name(in.Data)
	if in.Type != socketio.Event || !ok || !socketio.ReservedEvent(name) {
		return false
	}
	c.hub.log.Debug("an event was ignored: Socket.IO keeps its name for itself",
		"namespace", in.Namespace, "event", name)
	return true
}

// refuseEndpoint answers a packet for an endpoint that can be no namespace, "chat" without its slash.
func (c *client) refuseEndpoint(p *socketio1.Packet) error {
	if p.Type == socketio1.Connect {
		text := socketio1.AppendError(nil, p.Endpoint, socketio1.Unauthorized, socketio1.AdviseNothing)
		c.session.Send(engine.NewMessage(engine.V09, text, nil), false)
	}
	return nil
}

// writeProtocol1 writes an event or an ack. The event "message" goes out as what send makes, so that old
// pages hear it.
func writeProtocol1(p *packet) *engine.Message {
	var wire socketio1.Packet
	data := p.data
	if len(p.attachments) > 0 {
		data = p.inline()
	}
	if p.head.Type == socketio.Event {
		wire = socketio1.FromArray(data)
		wire.WantsData = p.head.HasID
	} else {
		wire.Type = socketio1.Ack
		if string(data) != "[]" {
			wire.Data = data
		}
	}
	wire.ID, wire.HasID, wire.Endpoint = p.head.ID, p.head.HasID, endpointOf(p.namespace)
	return messageProtocol1(wire)
}

// inline is the data with binary values as base64 text.
func (p *packet) inline() []byte {
	var dst []byte
	if p.head.Type == socketio.Event {
		dst = append(append(dst, '['), quote(p.event)...)
	}
	from := len(dst)
	dst, err := payload.AppendInlineJSON(dst, p.args)
	if err != nil {
		panic("hub: arguments that had a JSON form have none: " + err.Error())
	}
	if p.head.Type == socketio.Event {
		dst[from] = ',' // for the bracket; with binary values there is at least one argument
	}
	return dst
}

func connectedProtocol1(s *Socket, _ place) *engine.Message { return s.protocol1(socketio1.Connect) }

func disconnectedProtocol1(s *Socket) *engine.Message { return s.protocol1(socketio1.Disconnect) }

// errUntold is what a client of this generation cannot be told about its refusal.
var errUntold = errors.New("clients 0.7 to 0.9 are told no more than that they may not")

// refusedProtocol1 is 7::/chat:2, at which the client fires "connect_failed".
func refusedProtocol1(s *Socket, _ string, data []byte) (m *engine.Message, err error) {
	if data != nil {
		err = errUntold
	}
	text := socketio1.AppendError(nil, endpointOf(s.namespace.name), socketio1.Unauthorized, socketio1.AdviseNothing)
	return engine.NewMessage(engine.V09, text, nil), err
}

// protocol1 encodes a packet without data for one socket.
func (s *Socket) protocol1(t socketio1.Type) *engine.Message {
	return messageProtocol1(socketio1.Packet{Type: t, Endpoint: endpointOf(s.namespace.name)})
}

func messageProtocol1(p socketio1.Packet) *engine.Message {
	return engine.NewMessage(engine.V09, socketio1.Append(nil, p), nil)
}

// namespaceOf and endpointOf are the same but for the main namespace, which has no name here.
func namespaceOf(endpoint string) string {
	if endpoint == "" {
		return socketio.MainNamespace
	}
	return endpoint
}

func endpointOf(namespace string) string {
	if namespace == socketio.MainNamespace {
		return ""
	}
	return namespace
}
