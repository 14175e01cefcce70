package proxy

import "net"

// answerUntilClose sends an answer of unknown length to an HTTP/1.0 client, which knows no chunks:
// its end is the end of the connection. fasthttp would send chunks, so the connection is taken from
// it; the handler goroutine of the hijack streams and then closes.
func (p *Proxy) answerUntilClose(x *exchange) {
	header := &x.ctx.Response.Header
	header.SetConnectionClose()
	head := header.AppendBytes(nil)
	x.abandonOnClose(x.end)
	x.ctx.HijackSetNoResponse(true)
	x.ctx.Hijack(func(c net.Conn) {
		defer c.Close()
		x.taken()
		defer x.end()
		if _, err := c.Write(head); err != nil {
			return
		}
		if _, err := stream(c, x.resp.Body); err != nil {
			p.log.Debug("answer broken off", "err", err)
		}
	})
}

// abandonOnClose has end called if fasthttp closes the connection without calling the hijack handler,
// which it does when the connection has failed already.
func (x *exchange) abandonOnClose(end func()) {
	if x.conn != nil {
		x.conn.abandon.Store(&end)
	}
}

// taken is called by the hijack handler: from now on it is responsible.
func (x *exchange) taken() {
	if x.conn != nil {
		x.conn.abandon.Store(nil)
	}
}
