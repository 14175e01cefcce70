// Package proxy is the garden path: every request that is not Socket.IO's goes through it to the
// app, and the answer comes back.
//
// The client's side is fasthttp's server, the app's side net/http's Transport, which answers early
// responses, never resends what may have been executed and can be cancelled. Handle takes a
// request, copies its head by rule (request.go, target.go), sends it (exchange.go), and hands the
// answer to fasthttp (response.go), which streams the body from the handler's own goroutine. The
// exceptions each have a file: an upgrade becomes a tunnel (upgrade.go, tunnel.go), a body of unknown
// length for an HTTP/1.0 client ends with the connection (http10.go), informational answers go out
// ahead of time (interim.go), an app that is not there is waited for (hold.go), and what goes wrong
// is told in few words (refusal.go).
//
// What passes: methods, request targets byte for byte, end-to-end headers with their duplicates,
// both bodies as they come, 1xx answers, upgrades. What does not: hop-by-hop headers, names with an
// underscore, claims about the client by peers that are not trusted, trailers, h2c.
//
// The server wires it: ConfigureServer, WrapListener, Handle, Run.
package proxy
