//go:build !linux

package link

import "net"

// checkPeer lets everyone in that the mode of the socket file lets in.
func (l *Link) checkPeer(net.Conn) error { return nil }
