package packed

import (
	"encoding/binary"
	"math"

	"realtime/core/protocol/socketio"
)

// Append appends p to dst as one MessagePack map.
//
// Shape: the keys type, nsp, id if there is one, and data if there is any, in this order. p.Data is one
// MessagePack value that notepack reads (payload.AppendNotepackEvent, payload.AppendNotepack). The
// binary types are written as the plain ones: attachments stand in the data here.
// Limits: none; p is the caller's own and is not checked.
// Ownership: p is only read.
// Source: socket.io-msgpack-parser 3.0, Encoder and Decoder.
func Append(dst []byte, p socketio.Packet) []byte {
	if p.Data == nil {
		return appendFields(dst, p, 0)
	}
	return append(AppendHead(dst, p), p.Data...)
}

// AppendHead appends p as Append does, up to its data: one MessagePack value has to follow.
func AppendHead(dst []byte, p socketio.Packet) []byte {
	return AppendText(appendFields(dst, p, 1), keyData)
}

// appendFields appends all but the data, in a map that more pairs follow into.
func appendFields(dst []byte, p socketio.Packet, more int) []byte {
	p = p.WithAttachments(0)
	if p.Namespace == "" {
		p.Namespace = socketio.MainNamespace
	}
	pairs := 2 + more
	if p.HasID {
		pairs++
	}
	dst = append(dst, 0x80|byte(pairs))
	dst = AppendText(dst, keyType)
	dst = append(dst, byte(p.Type-socketio.Connect))
	dst = AppendText(dst, keyNamespace)
	dst = AppendText(dst, p.Namespace)
	if p.HasID {
		dst = AppendText(dst, keyID)
		dst = appendUint(dst, p.ID)
	}
	return dst
}

// AppendText appends a str in the shortest form, for data that the caller puts together.
// Source: MessagePack specification, "str format family".
func AppendText(dst []byte, s string) []byte {
	switch n := len(s); {
	case n < 32:
		dst = append(dst, 0xa0|byte(n))
	case n <= math.MaxUint8:
		dst = append(dst, 0xd9, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
	}
	return append(dst, s...)
}

// Source: MessagePack specification, "int format family".
func appendUint(dst []byte, v uint64) []byte {
	switch {
	case v < 0x80:
		return append(dst, byte(v))
	case v <= math.MaxUint8:
		return append(dst, 0xcc, byte(v))
	case v <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, 0xcd), uint16(v))
	case v <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcf), v)
}
