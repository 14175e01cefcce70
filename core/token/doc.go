// Package token verifies the tokens by which an app says beforehand who a client is and which rooms it
// may follow: JSON Web Tokens with a signature of the app, or of a third party that signs people in.
// docs/protocol/rpc.md, section "Tokens", is the contract with who makes them.
//
// The files in reading order:
//
//	verifier.go  Verifier: Connect and Rooms, and what is accepted at all
//	claims.go    what a token says, read without guessing
//	key.go       keys that the sidecar's configuration names
//	ring.go      secrets that app processes have brought
//	error.go     why a token does not count
//
// What is fixed is as important as what is checked. The algorithm belongs to the key, never to the
// token: a secret of the app verifies HS256 and nothing else, a configured key what the configuration
// says. So "alg":"none" means nothing here, and a public key is never taken for a secret. A token
// without an end is none.
//
// The package is pure but for its keys: the time comes in as an argument, and nothing is logged.
// The link imports it; it imports protocol/payload.
package token
