package engine

// Reason is why a session or a socket ended. The texts are Socket.IO's: applications branch on them.
type Reason uint8

// Every way to end. The first seven end a session and all its sockets, the next two
// one socket; the first of these two also the session of a client that has no other way to say so.
const (
	// TransportClose: the client closed the connection, or left without a word.
	TransportClose Reason = iota + 1
	// TransportError: the connection broke, or the client broke a rule of the transport.
	TransportError
	// PingTimeout: the client did not answer a ping in time.
	PingTimeout
	// ParseError: a packet that is none.
	ParseError
	// ForcedClose: the floor above could not read a message.
	ForcedClose
	// ServerShutdown: this node stops; clients come back.
	ServerShutdown
	// ForcedServerClose: the server wanted it.
	ForcedServerClose
	// ClientNamespaceDisconnect: the client left the namespace.
	ClientNamespaceDisconnect
	// ServerNamespaceDisconnect: the application took the client out of the namespace.
	ServerNamespaceDisconnect
	// Refused: the application did not let the client in, and told it so at its handshake. No socket was
	// accepted, so that applications never see it.
	Refused
	// Failed is ForcedServerClose because the application failed when it was asked about the client. It has
	// the same text: only a client that waits for the answer to its handshake is told the difference.
	Failed
)

var reasonTexts = [...]string{
	TransportClose:            "transport close",
	TransportError:            "transport error",
	PingTimeout:               "ping timeout",
	ParseError:                "parse error",
	ForcedClose:               "forced close",
	ServerShutdown:            "server shutting down",
	ForcedServerClose:         "forced server close",
	ClientNamespaceDisconnect: "client namespace disconnect",
	ServerNamespaceDisconnect: "server namespace disconnect",
	Refused:                   "refused",
	Failed:                    "forced server close",
}

// String is the text that applications see.
func (r Reason) String() string {
	if r == 0 || int(r) >= len(reasonTexts) {
		return "unknown"
	}
	return reasonTexts[r]
}
