package engine

// Transport is what carries a session, as applications see it.
type Transport uint8

// The transports. Numbers are for tables only.
const (
	polling Transport = iota
	webSocket
	jsonp
	htmlfile
	flashSocket
	eventSource

	transports = int(iota)
)

var transportNames = [transports]string{
	polling:     "polling",
	webSocket:   "websocket",
	jsonp:       "jsonp",
	htmlfile:    "htmlfile",
	flashSocket: "flashsocket",
	eventSource: "eventsource",
}

// String is the transport's name on the app link and in logs.
func (t Transport) String() string { return transportNames[t] }
