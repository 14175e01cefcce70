// Package wsframe is the server side of WebSocket framing, RFC 6455 section 5, as pure values:
// bytes in, messages out; messages in, bytes out. It does no I/O and knows nothing of the opening
// handshake or of who owns the connection. Of extensions it knows the one there is, permessage-deflate
// (RFC 7692): its bit, and how it is negotiated ([AcceptDeflate]). It compresses nothing itself.
//
// Reading: the owner of a connection embeds a [Parser] and hands it whatever the socket gave, in
// pieces of any size. The parser calls back with each complete message and each control frame. A
// message that lies whole in the bytes just read costs no copy and no allocation; only what is
// half received is kept, so that an idle connection holds a nil pointer.
//
// Writing: [AppendFrame], [AppendHeader] and [AppendClose] produce unmasked, unfragmented frames.
// They are the same for every client, so a broadcast builds its frame once.
//
// Errors are the peer's fault by construction: each is a [*CloseError] that carries the close code
// to answer with.
//
// Ring 0: no goroutines, no clock. Used by the WebSocket transport of core/engine.
package wsframe
