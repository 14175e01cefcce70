// Package hixie is the server side of WebSocket as it was before there was a standard: the drafts
// hixie-75 and hixie-76, of Safari 5, iOS 4.2 to 5, Chrome 4 to 13, Opera 11 and of the Flash player's
// substitute for browsers without any. The drafts hybi-7 to 17 have the frames of RFC 6455: see
// core/protocol/wsframe.
//
// A frame is a text between a byte 00 and a byte FF, neither of which UTF-8 has. There is no binary
// data, no mask, no ping; FF 00 is goodbye.
//
// Reading and writing have the shape of wsframe, so that a connection's owner drives both alike: a
// [Parser] with Feed, [AppendFrame], [AppendClose]. The handshake of hixie-76 asks the server to prove
// that it has read two keys and eight bytes behind the request: [Proof].
//
// Ring 0: no goroutines, no clock. Used by the WebSocket transport of core/engine.
package hixie
