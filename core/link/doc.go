// Package link is the app link: it takes the connections of app processes on a Unix socket, hands
// them what clients send, and does for them what they ask of the hub. docs/protocol/rpc.md is the
// contract with the app; package rpc has its frames.
//
// The files in reading order:
//
//	link.go       Link: New, Listen, Run, ServeConn, Drain
//	config.go     every limit and its reason
//	listen.go     the socket file; peer_*.go says who may connect to it
//	worker.go     one connection: its reader, its end
//	stream.go     bytes ⇄ frames of one connection: stream and outbox
//	hello.go      the first frame
//	methods.go    what an app asks for, emits.go what it sends to clients
//	app.go        what the hub hands over (hub.App)
//	lane.go       what is pending for one socket, in its order
//	router.go     which worker gets the next of a lane
//	pattern.go    by what a worker says what it serves
//	served.go     which namespaces the workers serve, and served before
//	connect.go    the question whether a client may enter, event.go the events, acks and ends
//	admission.go  the tokens clients show, and what lets them in unasked
//	expiry.go     who is to come back and be asked again
//	deadline.go   everything that is given up some time
//	memory.go     ids that are remembered for a while
//
// # How an event travels
//
// The client's reader calls Link.Event, which appends to the socket's lane, chooses a worker and
// appends the frame to that worker's outbox: the first hand-off. The worker's reader takes the
// answer, sends the client's ack through the hub, and gives the lane's next.
//
// # Locks
//
// Link.mu guards the routing: workers, lanes, deadlines. worker.mu guards one connection's outbox
// and unanswered requests. Neither is held together with another, nor during a call to the hub or
// I/O: what follows from a change of the routing is collected as steps and done after unlocking.
//
// Server and the C library may import this package; it imports hub, engine, id, token and protocol/rpc.
package link
