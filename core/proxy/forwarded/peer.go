package forwarded

import "github.com/valyala/fasthttp"

// Peer is the cheap half of Resolve, for who passes the chain on instead of reading it: the direct
// peer's address and whether its claims may be passed on too. A claim that may not is logged once.
func (p *Policy) Peer(ctx *fasthttp.RequestCtx) (address string, trusted bool) {
	peer, onSocket := peerAddress(ctx.RemoteAddr())
	address = peer.String()
	if onSocket || p.Trusts(peer) {
		return address, true
	}
	p.warnOnce(&ctx.Request.Header, address)
	return address, false
}
