package hub

import (
	"fmt"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/plain"
	"realtime/core/protocol/socketio"
)

// Clients without Socket.IO: one JSON object for each event, and one namespace for the whole session,
// named in the query of its request. What they show to be let in is in the query too. Binary values are
// base64 text. See package plain.

// readPlain makes an event or an ack of a message.
func readPlain(c *client, message []byte, _ bool) (in inbound, done bool, err error) {
	p, err := plain.Parse(message)
	if err != nil {
		return inbound{}, false, fmt.Errorf("hub: %w", err)
	}
	in.Type, in.ID, in.HasID = socketio.Event, p.ID, p.HasID
	if p.IsAck {
		in.Type, in.HasID = socketio.Ack, true
	}
	in.Namespace = homeOfPlain(c)
	in.Data = plain.AppendArray(nil, p)
	return in, true, nil
}

// Parameters of their requests that say what Socket.IO clients say otherwise.
const (
	plainNamespace = "namespace"
	plainSince     = "since"
)

// homeOfPlain is the namespace that the request has named.
func homeOfPlain(c *client) string {
	for _, f := range c.session.Handshake().Query {
		if f.Name == plainNamespace && f.Value != "" {
			return f.Value
		}
	}
	return socketio.MainNamespace
}

// offsetOfPlain is what a page has got last: it says so, or its EventSource does.
func offsetOfPlain(c *client) string {
	hs := c.session.Handshake()
	for _, f := range hs.Headers {
		if f.Name == "last-event-id" {
			return f.Value
		}
	}
	for _, f := range hs.Query {
		if f.Name == plainSince {
			return f.Value
		}
	}
	return ""
}

func writePlain(p *packet) *engine.Message {
	args, err := payload.AppendInlineJSON(nil, p.args)
	if err != nil {
		panic("hub: arguments that had a JSON form have none: " + err.Error())
	}
	wire := plain.Packet{
		Event: p.event, Args: args, ID: p.head.ID, HasID: p.head.HasID, IsAck: p.head.Type == socketio.Ack,
	}
	if p.place.number > 0 {
		wire.Offset = p.place.String()
	}
	return sayPlain(wire)
}

func sayPlain(p plain.Packet) *engine.Message {
	return engine.NewMessage(engine.Plain, plain.Append(nil, p), nil).Named(p.Offset)
}

func connectedPlain(s *Socket, at place) *engine.Message {
	p := plain.Packet{Event: plain.Connect, Args: []byte(`[{"sid":"` + s.id + `"}]`)}
	if at.number > 0 {
		p.Offset = at.String()
	}
	return sayPlain(p)
}

func disconnectedPlain(*Socket) *engine.Message {
	return sayPlain(plain.Packet{Event: plain.Disconnect})
}

func refusedPlain(s *Socket, message string, data []byte) (m *engine.Message, err error) {
	args := append([]byte(`[{"message":`), quote(message)...)
	if data != nil {
		var value []byte
		if value, err = s.plainJSON(data); err == nil {
			args = append(append(args, `,"data":`...), value...)
		}
	}
	return sayPlain(plain.Packet{Event: plain.ConnectError, Args: append(args, "}]"...)}), err
}
