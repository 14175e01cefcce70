//go:build cgo

// The shared library: the server inside a program that is not written in Go.
//
//	realtime.h    the contract, for whoever uses it
//	border.c      its functions: the fork check, a thread to call Go, the error texts, the waiting
//	signals.c     why a host's signal handlers never run on a thread of Go
//	exports.go    what border.c calls; nothing is decided there
//	servers.go    the table of servers by handle, and the life of one
//	pair.go       a connection of the app as a pair of sockets
//	examples/     a host in C
//	test/         hosts in C that mean no good
//
// It is the sidecar with another first step: core/server does the rest, and the app link is the way in.
// Nothing here listens to signals or calls the host.
package main

// main is not called in a library.
func main() {}
