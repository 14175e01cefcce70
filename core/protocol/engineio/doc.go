// Package engineio is the Engine.IO protocol, revisions 4 (Socket.IO clients 3.x and 4.x) and 3 (1.x and
// 2.x), as pure values: packets, polling payloads, the handshake, and the server side of one connection
// as a state machine.
//
// The codec has one shape: AppendX(dst, x) appends the wire form, ParseX(b) reads it. One packet
// travels in several forms, and the carrier decides which:
//
//	                      revision 4                            revision 3
//	WebSocket message     ParsePacket, AppendPacket             ParsePacket3, AppendPacket3
//	  of text only                                              AppendTextPacket3
//	polling body          ParsePayload or NextPacket,           NextPacket3, AppendPayloadPacket3
//	                      AppendPayloadPacket
//	  of bytes                                                  NextBinaryPacket3,
//	                                                            AppendBinaryPayloadPacket3
//
// A polling body has several packets in one HTTP body. Binary data is base64 in it, but in bodies of
// bytes. In string bodies of revision 3 clients 1.x and 2.x write text differently: [Text3]. JSONP wraps
// the string bodies of both: [AppendJSONP], [ParseJSONPForm].
//
// What the packets mean, and when they may come, is the machine's business, not the codec's: [Conn].
//
// Errors: a [*SyntaxError] is always the client's fault; the session ends with "parse error".
//
// Ring 0: bytes and times in, values and effects out; no I/O, no clock, no goroutine. Used by
// core/engine.
package engineio
