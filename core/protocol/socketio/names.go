package socketio

import (
	"strings"
	"unicode/utf8"
)

// ReservedEvent reports whether Socket.IO keeps name for itself, so that it can be no event's name
// in either direction.
//
// Source: socket.io-parser, RESERVED_EVENTS.
func ReservedEvent(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// ValidNamespace reports whether a packet can carry name as its namespace: it begins with "/", has
// no comma (which would end it), is UTF-8 and not longer than lim.Namespace bytes.
func ValidNamespace(name string, lim Limits) bool {
	return strings.HasPrefix(name, MainNamespace) &&
		len(name) <= lim.withDefaults().Namespace &&
		!strings.Contains(name, ",") &&
		utf8.ValidString(name)
}
