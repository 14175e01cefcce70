package engineio

import "encoding/base64"

// Revision 3 (Socket.IO clients 1.x and 2.x) has the packets of revision 4 under the same digits. What
// differs on the wire is binary data, which keeps its packet's type, and polling bodies, which come in
// two forms: see NextPacket3 and NextBinaryPacket3.

// binaryMessage3 is the type of a binary packet as revision 3 writes it: the number, not the digit.
const binaryMessage3 = byte(Message - Open)

// base64Mark3 begins a binary message where only text can travel: the mark, then the packet's digit.
const base64Mark3 = string(base64Mark) + string(Message)

// ParsePacket3 reads one WebSocket message of revision 3; binary says that it came as a binary one.
//
// Shapes: text is a digit and data, "4hello"; binary is the type as a number and data, 04 01 02 03. A
// text message "b4" + base64 is binary too: clients that said b64 in their request send it. Its base64
// may contain line breaks and may lack its padding, as in revision 4.
// Ownership: Data aliases b, except that base64 is decoded to new memory.
// Errors: [*SyntaxError] with [ErrEmpty], [ErrType] or [ErrBase64]; [ErrType] also for binary data that
// is no message, which no client sends.
// Source: engine.io-protocol revision 3, "Packet".
func ParsePacket3(b []byte, binary bool) (Packet, error) {
	switch {
	case len(b) == 0:
		return Packet{}, &SyntaxError{Err: ErrEmpty}
	case binary && b[0] != binaryMessage3:
		return Packet{}, &SyntaxError{Err: ErrType}
	case binary:
		return Packet{Type: Message, Data: b[1:], Binary: true}, nil
	case b[0] != base64Mark:
		return ParsePacket(b, false)
	case len(b) < len(base64Mark3) || PacketType(b[1]) != Message:
		return Packet{}, &SyntaxError{Offset: 1, Err: ErrType}
	}
	data, err := decodeBase64(b, len(base64Mark3))
	if err != nil {
		return Packet{}, err
	}
	return Packet{Type: Message, Data: data, Binary: true}, nil
}

// AppendPacket3 appends the payload of the WebSocket message that carries p: a binary message when
// p.Binary, else a text message.
//
// Shapes: "4hello"; 04 01 02 03.
// Limits: p.Type is valid; a binary packet is a Message.
// Ownership: p.Data is copied.
func AppendPacket3(dst []byte, p Packet) []byte {
	if p.Binary {
		dst = append(dst, binaryMessage3)
		return append(dst, p.Data...)
	}
	return AppendPacket(dst, p)
}

// AppendTextPacket3 appends p as text whatever it is: for WebSockets whose request said b64.
//
// Shapes: "4hello", "b4AQID". Limits and ownership are those of [AppendPacket3].
func AppendTextPacket3(dst []byte, p Packet) []byte {
	if p.Binary {
		return base64.StdEncoding.AppendEncode(append(dst, base64Mark3...), p.Data)
	}
	return AppendPacket(dst, p)
}
