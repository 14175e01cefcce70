// Package payload turns event data from MessagePack, as the app link speaks it, into JSON text,
// as Socket.IO clients speak it, and back.
//
// Each direction is one pass over the input that appends to the caller's buffer; no tree is built
// and nothing is allocated but the growth of that buffer. Key order is kept. Binary values are
// attachments: they leave the text, a placeholder {"_placeholder":true,"num":0} stands where they
// were, and they are numbered depth first.
//
//	client → app   SplitEvent, AppendMessagePack: untrusted JSON is checked while it is read
//	app → client   Validate, once per frame, then AppendEventJSON, AppendJSON
//
// Two kinds of clients want the same data in other forms. Socket.IO's msgpack parser reads and writes
// MessagePack with extensions of its own, and clients without binary get attachments as base64 text:
//
//	client → app   SplitNotepackEvent, AppendFromNotepack: untrusted, checked while it is read
//	app → client   AppendNotepackEvent, AppendNotepack; AppendInlineJSON
//
// AppendASCII rewrites what was written as JSON for clients that read other characters wrongly.
//
// What AppendJSON accepts, these accept too: whoever has encoded a packet once for clients of
// Socket.IO's own parser knows that every client can be sent it.
//
// The package is pure: bytes in, bytes out, no clock, no I/O, no goroutine. Anybody may import it;
// it imports nothing of the project.
//
// # Values
//
//	MessagePack               JSON text
//	nil                       null
//	integers                  decimal digits, all 64 bits of them
//	float                     as JavaScript prints it; -0 is 0; NaN and infinities are null
//	str                       string; each byte that is not UTF-8 becomes U+FFFD
//	bin                       placeholder, and the bytes go to the attachments
//	array, map                array, object
//	timestamp (extension -1)  "2006-01-02T15:04:05.000Z"; null outside JavaScript's range
//	other extensions          error
//
// Map keys may be str, integers, booleans and nil; the latter are written as text ("1", "true",
// "null"), as Ruby and Python do in their own JSON. Any other key is an error.
//
// In the other direction a number without fraction and exponent becomes an integer if it fits in
// 64 bits, any other number a float64 (one too large for that is an infinity, as in JavaScript).
// Keys that occur twice are kept, in order; the readers of MessagePack let the last one win, which
// is what JSON.parse does too.
//
// notepack's undefined is nil for the app and its Date a timestamp; a timestamp is a Date there, and
// null where JavaScript has none. Its integers and floats stay as they are, NaN too.
//
// # Placeholders
//
// Socket.IO has no escape for a map that merely looks like a placeholder. From a client, an object
// with exactly the keys "_placeholder" (true) and "num" (a number) is always taken for one, so
// without that attachment the packet is refused; every other object is data. From the app, a map
// with the key "_placeholder" is data as long as the packet has no attachments; beside attachments
// it is refused (ErrPlaceholder), since clients would put an attachment in its place or close.
package payload
