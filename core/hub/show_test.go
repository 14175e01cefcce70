package hub

import (
	"encoding/binary"
	"fmt"
	"reflect"

	"realtime/core/engine"
)

// show is what a client would read of a message: the text, then its attachments in hexadecimal.
// A message is opaque to all but the engine, so this looks inside: it holds the WebSocket frames
// of its packets, and the first byte of a text is the Engine.IO type '4'.
func show(m *engine.Message) string {
	wire := reflect.ValueOf(m).Elem().FieldByName("wire").Bytes()
	var text string
	var attachments [][]byte
	for len(wire) > 0 {
		opcode, head, n := wire[0]&0x0f, 2, int(wire[1])
		switch n {
		case 126:
			head, n = 4, int(binary.BigEndian.Uint16(wire[2:]))
		case 127:
			head, n = 10, int(binary.BigEndian.Uint64(wire[2:]))
		}
		payload := wire[head : head+n]
		if opcode == 1 {
			text += string(payload[1:])
		} else {
			attachments = append(attachments, payload)
		}
		wire = wire[head+n:]
	}
	if attachments == nil {
		return text
	}
	return fmt.Sprintf("%s %x", text, attachments)
}
