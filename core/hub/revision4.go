package hub

import (
	"bytes"
	"net/url"
	"strings"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// Socket.IO revision 4 as text: clients 1.x and 2.x. They are in the main namespace unasked (see
// unasked.go), say who they are in a query, and compute what they call their ids (see alias.go).
// Source: socket.io-protocol revision 4; socket.io 2.5.

func readRevision4(c *client, message []byte, binary bool) (in inbound, done bool, err error) {
	in.Packet, in.attachments, done, err = c.assembler.Add4(message, binary, c.hub.packetLimits)
	if in.Query != "" {
		in.Data = objectOf(queryFields(in.Query))
	}
	return in, done, err
}

// writeRevision4 writes the data in ASCII: clients 1.x and 2.x read polling bodies in different encodings.
func writeRevision4(p *packet) *engine.Message {
	p.escaped = socketio.Append(p.escaped[:0], p.head.WithAttachments(len(p.attachments)))
	p.escaped = payload.AppendASCII(p.escaped, p.data)
	return engine.NewMessage(engine.EIO3, p.escaped, p.attachments)
}

// connectedRevision4 is the answer to an accepted CONNECT: 0/chat,. Clients compute their id themselves.
func connectedRevision4(s *Socket, _ place) *engine.Message {
	return s.revision4(socketio.Connect, nil)
}

// disconnectedRevision4 is the farewell to one namespace: 1/chat,.
func disconnectedRevision4(s *Socket) *engine.Message { return s.revision4(socketio.Disconnect, nil) }

// refusedRevision4 is the answer to a refused CONNECT, one value that the page's error handler gets: the
// data if there is something in it, else the message, 4/chat,"Auth failed". A number is a text, since its
// digits would be read as an ack id.
func refusedRevision4(s *Socket, message string, data []byte) (m *engine.Message, err error) {
	text := quote(message)
	if data != nil {
		var value []byte
		switch value, err = s.plainJSON(data); {
		case err != nil || isFalsy(value):
		case value[0] >= '0' && value[0] <= '9':
			text = quote(string(value))
		default:
			text = value
		}
	}
	return s.revision4(socketio.ConnectError, text), err
}

// isFalsy reports whether JavaScript takes a value for false; clients of this revision are told the
// message then.
func isFalsy(value []byte) bool {
	switch string(value) {
	case "null", "false", "0", `""`:
		return true
	}
	return false
}

// revision4 encodes a packet for one socket.
func (s *Socket) revision4(t socketio.Type, data []byte) *engine.Message {
	text := socketio.Append(nil, socketio.Packet{Type: t, Namespace: s.namespace.name})
	return engine.NewMessage(engine.EIO3, payload.AppendASCII(text, data), nil)
}

// queryFields are the parameters of a query, in order; of a name that comes twice, the last. What is not
// written as a query stands for itself.
func queryFields(query string) []engine.Field {
	var fields []engine.Field
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		fields = setField(fields, engine.Field{Name: unescape(name), Value: unescape(value)})
	}
	return fields
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// setField adds a field, or gives the one of its name another value.
func setField(fields []engine.Field, f engine.Field) []engine.Field {
	for i := range fields {
		if fields[i].Name == f.Name {
			fields[i].Value = f.Value
			return fields
		}
	}
	return append(fields, f)
}

// objectOf is fields as JSON, nil for none.
func objectOf(fields []engine.Field) []byte {
	if len(fields) == 0 {
		return nil
	}
	var b bytes.Buffer
	for i, f := range fields {
		b.WriteByte("{,"[min(i, 1)])
		b.Write(quote(f.Name))
		b.WriteByte(':')
		b.Write(quote(f.Value))
	}
	b.WriteByte('}')
	return b.Bytes()
}
