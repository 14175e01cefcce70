package proxy

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/valyala/fasthttp"
)

// maxEarly bounds what a client may have sent behind its request head; it is fasthttp's read buffer.
const maxEarly = maxRequestHead

// openTunnel answers an upgrade the app agreed to and joins the two connections. The connection is
// taken from fasthttp, whose handler returns at once: what is kept is only the raw connection.
func (p *Proxy) openTunnel(x *exchange) {
	if x.conn == nil || x.upstream == nil || !p.tunnels.reserve() {
		x.end()
		p.refuse(x.ctx, fasthttp.StatusServiceUnavailable)
		return
	}
	head := upgradeHead(x)
	x.silence() // the tunnel reads the client itself
	x.abandonOnClose(func() {
		p.tunnels.cancel()
		x.end()
	})
	x.ctx.HijackSetNoResponse(true)
	x.ctx.Hijack(func(c net.Conn) {
		x.taken()
		x.conn.Keep()
		raw := c.(interface{ UnsafeConn() net.Conn }).UnsafeConn()
		early := readBuffered(raw, c.Read)
		answer := readBuffered(x.upstream, x.resp.Body.Read)
		p.tunnels.start(&tunnel{
			client:   raw,
			upstream: x.upstream,
			timeout:  p.cfg.WriteTimeout,
			finish:   x.end,
		}, early, append(head, answer...))
	})
}

// upgradeHead returns the 101 for the client.
func upgradeHead(x *exchange) []byte {
	w := newHeadWriter(&x.ctx.Response.Header)
	w.status(x.resp.StatusCode, x.resp.Status)
	protocol := x.resp.Header.Get("Upgrade")
	w.fields(x.resp.Header, x.resp.StatusCode)
	w.field("Connection", "Upgrade")
	w.field("Upgrade", protocol)
	head := append(append([]byte(nil), w.text.b...), "\r\n"...)
	headTexts.Put(w.text)
	return head
}

// readBuffered returns what a buffered reader over nc holds already. A deadline in the past lets
// buffered bytes through and never touches the socket.
func readBuffered(nc net.Conn, read func([]byte) (int, error)) []byte {
	if nc.SetReadDeadline(time.Unix(1, 0)) != nil {
		return nil
	}
	defer func() { _ = nc.SetReadDeadline(time.Time{}) }()
	var held []byte
	buf := make([]byte, 1<<10)
	for len(held) <= maxEarly {
		n, err := read(buf)
		held = append(held, buf[:n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) || err != nil {
			break
		}
	}
	return held
}
