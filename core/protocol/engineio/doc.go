// Package engineio is the Engine.IO protocol, revision 4 (Socket.IO clients 3.x and 4.x), as pure
// values: packets, polling payloads, the handshake, and the server side of one connection as a
// state machine.
//
// The codec has one shape: AppendX(dst, x) appends the wire form, ParseX(b) reads it. One packet
// travels in two forms, and the carrier decides which:
//
//   - a WebSocket message: [ParsePacket], [AppendPacket]; binary data travels raw;
//   - a polling body, several packets in one HTTP body: [ParsePayload] or [NextPacket],
//     [AppendPayloadPacket]; binary data travels as base64.
//
// What the packets mean, and when they may come, is the machine's business, not the codec's.
//
// Errors: a [*SyntaxError] is always the client's fault; the session ends with "parse error".
//
// Ring 0: bytes and times in, values and effects out; no I/O, no clock, no goroutine. Used by
// core/engine.
package engineio
