// Package rpc is the app link on the wire: frames of MessagePack-RPC behind a four-byte length, the
// names of the methods, their parameters and answers, and the error codes.
//
//	app → sidecar   Length, Parse, then one of the Decode functions
//	sidecar → app   AppendRequest, AppendNotification, AppendResult, AppendError
//
// docs/protocol/rpc.md describes the protocol, conformance/vectors/rpc.json holds an example of
// every frame. This package is the sidecar's half: what the app sends is decoded, what the sidecar
// sends is appended. The bindings have the other half in their own languages.
//
// The package is pure: bytes in, values out, no I/O, no clock, no goroutine, nothing shared, so
// everything may be called from any goroutine. Bytes of the peer pass payload.Validate before
// anything else looks at them. Decoded strings are copies; decoded []byte alias the input.
package rpc
