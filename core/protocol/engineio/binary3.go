package engineio

import "strconv"

// The binary payload of revision 3: packets with their lengths before them, as bytes throughout.

// A packet of a binary payload begins with what it is. Source: engine.io-protocol revision 3,
// "Payload".
const (
	textPacket3   = 0
	binaryPacket3 = 1

	// binaryLengthEnd stands between a packet's length and the packet.
	binaryLengthEnd = 0xFF
)

// NextBinaryPacket3 reads the first packet of a binary payload, which is a body of the type
// application/octet-stream.
//
// Shape, again and again: 00 for text or 01 for binary data; the length in bytes, in decimal digits,
// each as a byte from 00 to 09; FF; the packet as on a WebSocket. "hello" and the bytes 1 to 4 are
// 00 06 FF 34 68 65 6C 6C 6F 01 05 FF 04 01 02 03 04. All clients of this revision write the text of
// such bodies in the same way: [Text3] is not for them.
// rest, ownership and errors are those of [NextPacket3]; [ErrType] also if it is neither text nor
// binary.
// Source: engine.io-protocol revision 3, "Payload"; engine.io-parser 2.2.1, decodePayloadAsBinary.
func NextBinaryPacket3(body []byte) (p Packet, rest []byte, err error) {
	switch {
	case len(body) == 0:
		return Packet{}, nil, &SyntaxError{Err: ErrEmpty}
	case body[0] != textPacket3 && body[0] != binaryPacket3:
		return Packet{}, nil, &SyntaxError{Err: ErrType}
	}
	size, from, ok := readLength(body, 1, binaryLengthEnd, 0)
	if !ok || size > len(body)-from {
		return Packet{}, nil, &SyntaxError{Offset: from, Err: ErrLength}
	}
	return packetWithin(body, from, from+size, body[0] == binaryPacket3)
}

// AppendBinaryPayloadPacket3 appends one packet to a binary payload.
//
// Shapes: as for [NextBinaryPacket3].
// Limits: p.Type is valid; a binary packet is a Message.
// Ownership: p.Data is copied.
func AppendBinaryPayloadPacket3(body []byte, p Packet) []byte {
	kind := byte(textPacket3)
	if p.Binary {
		kind = binaryPacket3
	}
	body = append(body, kind)
	digits := len(body)
	body = strconv.AppendInt(body, int64(len(p.Data)+1), 10)
	for i := digits; i < len(body); i++ {
		body[i] -= '0'
	}
	return AppendPacket3(append(body, binaryLengthEnd), p)
}
