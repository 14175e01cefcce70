package socketio1

import (
	"bytes"
	"strconv"
)

// Version is the only version of the protocol there ever was.
const Version = "1"

// Path is what a request's path says behind the server's own, "/socket.io".
type Path struct {
	// Version is the first segment. What is not a number is no path of this protocol.
	Version string
	// Transport is the second segment, as the client wrote it; empty in a goodbye: "/1//<sid>/".
	Transport string
	// SID is the third segment; empty in the request that begins a session.
	SID string
}

// ParsePath reads the part of a request's path behind the server's own. ok is false if it is none of
// this protocol: an Engine.IO request, or a file.
//
// Shapes: "/1/", "/1/xhr-polling/4d4f185e96a7b", each with or without the last slash.
// Limits: three segments.
// Ownership: the result is a copy.
// Source: socket.io 0.9.19, manager.checkRequest.
func ParsePath(rest []byte) (p Path, ok bool) {
	rest = bytes.TrimPrefix(rest, []byte{'/'})
	version, rest, _ := bytes.Cut(rest, []byte{'/'})
	transport, rest, _ := bytes.Cut(rest, []byte{'/'})
	sid, rest, _ := bytes.Cut(rest, []byte{'/'})
	file := len(transport) > 0 && len(sid) == 0 // "2/socket.io.js", or nothing that a client asks for
	if _, err := strconv.ParseUint(string(version), 10, 32); err != nil || len(rest) > 0 || file {
		return Path{}, false
	}
	return Path{Version: string(version), Transport: string(transport), SID: string(sid)}, true
}
