// Package socketio reads and writes the packets of Socket.IO, revision 5, what clients 3.x and 4.x
// send inside Engine.IO messages, and revision 4, of 1.x and 2.x, which is nearly the same: Parse4 says
// where it is not.
//
//	<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]      42/chat,13["hello",{"to":"all"}]
//
// A packet with attachments is followed by one binary message for each; an Assembler, one per
// session, puts them together. The JSON inside is passed on as text: this package checks its
// outline (an array, an object, an event's name), package payload every byte.
//
// The package is pure: no clock, no I/O, no goroutine. Anybody may import it; it imports nothing
// of the project.
package socketio
