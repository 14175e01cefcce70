// Package forwarded decides what of a request's headers may be believed and what may be passed on:
// who the client is, whether it came by TLS, which host it asked for, and which header names stop
// here.
//
// The proxy uses it for what it sends to the app, the engine for the handshake it shows the app, and
// the server for logs, so that all three tell the same story. It reads one request at a time and
// keeps nothing of it.
//
// Flow: Policy.Resolve looks at the peer; a trusted one is believed (X-Forwarded-For, else
// Forwarded, else X-Real-IP), anyone else is not, and its claims are dropped by whoever asks
// IsClaim. Drop and HopByHop tell which names never travel further.
package forwarded
