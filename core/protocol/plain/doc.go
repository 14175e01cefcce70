// Package plain is what clients without Socket.IO read and write: one JSON object for each event, as
// one WebSocket message or as the data of an event stream. It is made to be spoken by hand.
//
//	{"event":"news","args":["…"],"offset":"k3"}   both ways; offset only from the server
//	{"event":"ask","args":[],"id":7}              whoever gets it answers…
//	{"ack":7,"args":["yes"]}                      …with this
//
// Some events are the server's own: see [Connect] and those beside it. Files, in reading order: packet.go
// (what there is), parse.go, append.go.
//
// Ring 0: bytes in, values out; no I/O, no clock, no goroutine. Used by core/engine and core/hub.
package plain
