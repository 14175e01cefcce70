// Package server is the roof: it wires the floors together, opens the ports and ends everything in order.
//
// The files in reading order:
//
//	options.go    Options, and THE table: every option's key, default, meaning and place in Options
//	value.go      kinds of values and how a text becomes one
//	load.go       flags > environment > file > default, with the source of each value
//	env.go        what the environment says
//	file.go       what the YAML file says
//	document.go   what a JSON object says, of a program that has the server in its own process
//	suggest.go    "did you mean"
//	check.go      what one option demands of itself and of another
//	configs.go    Options → the configuration of each floor
//	server.go     New and Run
//	listen.go     ports and socket files
//	flash.go      what Flash players ask before all else
//	routes.go     which request goes where
//	client.go     the official clients' files; clientjs holds them
//	health.go     live, ready
//	log.go        the logger that the options describe
//	connections.go  which HTTP connections are open, to cut them when time is over
//	shutdown.go   the order of the end, and its budget
//
// # A request
//
// /socket.io/… goes to the engine, except the names of the clients' files; health_path is answered here;
// everything else goes to the proxy. What counts is the target as it was sent, without any unescaping:
// the app must never see a path that we took for ours under another spelling, nor the other way round.
// /socket.io without the final slash is the app's too: the reference server does not answer there.
//
// # Life
//
// New allocates, Run works and returns when everything it started has stopped. Run opens the ports
// first, so that a taken one is an error before anything else happens.
//
// The commands in sidecar/ and the C library import this package.
package server
