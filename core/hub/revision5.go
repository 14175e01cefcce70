package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// Socket.IO revision 5 as text: clients 3.x and 4.x. Source: socket.io-protocol revision 5.

func readRevision5(c *client, message []byte, binary bool) (in inbound, done bool, err error) {
	in.Packet, in.attachments, done, err = c.assembler.Add(message, binary, c.hub.packetLimits)
	return in, done, err
}

func writeRevision5(p *packet) *engine.Message {
	if p.offset == "" {
		return engine.NewMessage(engine.EIO4, p.text, p.attachments)
	}
	// Clients know where they are by the last argument.
	p.numbered = append(p.numbered[:0], p.text[:len(p.text)-1]...)
	p.numbered = append(append(append(p.numbered, `,"`...), p.offset...), `"]`...)
	return engine.NewMessage(engine.EIO4, p.numbered, p.attachments).Tracked(p.namespace, p.place.number)
}

// connectedRevision5 is the answer to an accepted CONNECT: 0/chat,{"sid":"…"}, with the pid if the client
// may come back for its socket.
func connectedRevision5(s *Socket, _ place) *engine.Message {
	data := []byte(`{"sid":"` + s.id + `"`)
	if pid := s.pid(); pid != "" {
		data = append(append(append(data, `,"pid":"`...), pid...), '"')
	}
	return s.revision5(socketio.Connect, append(data, '}'))
}

// disconnectedRevision5 is the farewell to one namespace: 1/chat,.
func disconnectedRevision5(s *Socket) *engine.Message {
	return s.revision5(socketio.Disconnect, nil)
}

// refusedRevision5 is the answer to a refused CONNECT: 4/chat,{"message":"…","data":…}. data
// that is no plain JSON value, or too large, is left out: this packet cannot carry attachments. err
// says why.
func refusedRevision5(s *Socket, message string, data []byte) (m *engine.Message, err error) {
	text := append([]byte(`{"message":`), quote(message)...)
	if data != nil {
		var value []byte
		if value, err = s.plainJSON(data); err == nil {
			text = append(append(text, `,"data":`...), value...)
		}
	}
	return s.revision5(socketio.ConnectError, append(text, '}')), err
}

// plainJSON is a MessagePack value as JSON for a packet that cannot carry attachments.
func (s *Socket) plainJSON(data []byte) ([]byte, error) {
	value, attachments, err := payload.AppendJSON(nil, data, nil)
	switch {
	case err != nil:
		return nil, err
	case len(attachments) > 0:
		return nil, errors.New("a connect error cannot carry binary values")
	case len(value) > s.client.hub.cfg.MaxPayload:
		return nil, fmt.Errorf("%d bytes, the limit is %d (max_payload)", len(value), s.client.hub.cfg.MaxPayload)
	}
	return value, nil
}

// revision5 encodes a packet for one socket.
func (s *Socket) revision5(t socketio.Type, data []byte) *engine.Message {
	text := socketio.Append(nil, socketio.Packet{Type: t, Namespace: s.namespace.name, Data: data})
	return engine.NewMessage(engine.EIO4, text, nil)
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
