package hub

import (
	"fmt"

	"realtime/core/engine"
	"realtime/core/protocol/packed"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// Socket.IO revision 5 with the msgpack parser: clients 3.x and 4.x that were given one. Each packet is
// one binary message, attachments included.
//
// Nothing in a handshake tells of the parser. But a client of this revision speaks first, and its CONNECT
// is never binary with Socket.IO's own parser: so the first message decides, before anything was said to
// it. In revision 4 the server speaks first, and socket.io-msgpack-parser 2 stumbles over the CONNECT that
// every other client of that revision waits for; it cannot be served without being named.
//
// What has more attachments than other clients can take is refused for these too, although they could:
// an emit goes to a room, and nobody knows who will be in it.

// readFirst5 reads the packets of a client of revision 5 that may still show that it packs them.
func readFirst5(c *client, message []byte, binary bool) (inbound, bool, error) {
	if binary && !c.greeted {
		c.form = formPacked
		return readPacked(c, message, binary)
	}
	return readRevision5(c, message, binary)
}

func readPacked(c *client, message []byte, binary bool) (in inbound, done bool, err error) {
	if !binary {
		return inbound{}, false, packed.ErrText
	}
	h := c.hub
	in.Packet, err = packed.Parse(message, packed.Limits{Namespace: h.cfg.MaxName, Bytes: h.payloadLimits.Bytes})
	in.packed = true
	return in, err == nil, err
}

func writePacked(p *packet) *engine.Message {
	wire := packed.AppendHead(make([]byte, 0, len(p.args)+len(p.event)+packedHeadRoom), p.head)
	var err error
	switch {
	case p.head.Type == socketio.Ack:
		wire, err = payload.AppendNotepack(wire, p.args)
	case p.offset == "":
		wire, err = payload.AppendNotepackEvent(wire, p.event, p.args)
	default: // clients know where they are by the last argument
		wire, err = payload.AppendNotepackEvent(wire, p.event, p.args, p.offset)
	}
	if err != nil {
		panic("hub: what other clients can be sent, not with the msgpack parser: " + err.Error())
	}
	return engine.NewBare(engine.EIO4, wire, true).Tracked(p.namespace, p.place.number)
}

// packedHeadRoom is how many bytes the map of a packet takes around its data, with a namespace of a few
// dozen bytes; a longer one costs an allocation.
const packedHeadRoom = 64

// connectedPacked is the answer to an accepted CONNECT: {type: 0, nsp: "/chat", data: {sid: "…"}}, with
// the pid if the client may come back for its socket.
func connectedPacked(s *Socket, _ place) *engine.Message {
	pid := s.pid()
	if pid == "" {
		return s.packed(socketio.Connect, appendPair([]byte{mapOfOne}, "sid", s.id))
	}
	return s.packed(socketio.Connect, appendPair(appendPair([]byte{mapOfTwo}, "sid", s.id), "pid", pid))
}

// disconnectedPacked is the farewell to one namespace: {type: 1, nsp: "/chat"}.
func disconnectedPacked(s *Socket) *engine.Message { return s.packed(socketio.Disconnect, nil) }

// refusedPacked is the answer to a refused CONNECT: {type: 4, nsp: "/chat", data: {message: "…", data: …}}.
// data that cannot be written, or is too large, is left out; err says why.
func refusedPacked(s *Socket, message string, data []byte) (m *engine.Message, err error) {
	if data != nil {
		both := packed.AppendText(appendPair([]byte{mapOfTwo}, "message", message), "data")
		both, err = payload.AppendNotepack(nil, append(both, data...))
		if limit := s.client.hub.cfg.MaxPayload; err == nil && len(both) > limit {
			err = fmt.Errorf("%d bytes, the limit is %d (max_payload)", len(both), limit)
		}
		if err == nil {
			return s.packed(socketio.ConnectError, both), nil
		}
	}
	alone, textErr := payload.AppendNotepack(nil, appendPair([]byte{mapOfOne}, "message", message))
	if textErr != nil {
		panic("hub: a text without a MessagePack form: " + textErr.Error())
	}
	return s.packed(socketio.ConnectError, alone), err
}

// The first bytes of small MessagePack maps.
const (
	mapOfOne = 0x81
	mapOfTwo = 0x82
)

func appendPair(dst []byte, key, text string) []byte {
	return packed.AppendText(packed.AppendText(dst, key), text)
}

// packed encodes a packet for one socket.
func (s *Socket) packed(t socketio.Type, data []byte) *engine.Message {
	return engine.NewBare(engine.EIO4, packed.Append(nil, socketio.Packet{Type: t, Namespace: s.namespace.name, Data: data}), true)
}
