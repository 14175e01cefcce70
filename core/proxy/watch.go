package proxy

import "net"

// ClientWatcher tells when a client hangs up while nobody reads from its connection.
type ClientWatcher interface {
	// Watch calls gone when the client of nc, a raw TCP or Unix connection, has closed it or its
	// sending half. gone may be called from any goroutine, at most once, and must not block. After
	// stop has returned, nc is free for other uses; gone may still be on its way. If nc cannot be
	// watched, gone is never called. Neither Watch nor stop blocks.
	Watch(nc net.Conn, gone func()) (stop func())
}
