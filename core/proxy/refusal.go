package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/valyala/fasthttp"
)

// maxErrorPage bounds what is read of ErrorPage.
const maxErrorPage = 1 << 20

// refuseFor answers a request the app did not answer. The client learns the status; the log, why.
func (p *Proxy) refuseFor(x *exchange, err error) {
	status := fasthttp.StatusBadGateway
	var timeout net.Error
	switch {
	case errors.Is(err, errClientLeft):
		p.log.Debug("client left before the app answered", "method", string(x.ctx.Method()))
		p.refuse(x.ctx, status) // goes nowhere, unless only the client's sending half was closed
		x.ctx.SetConnectionClose()
		return
	case x.body != nil && x.body.refusal() != 0:
		status = x.body.refusal()
		p.log.Debug("request body could not be read", "status", status, "err", err)
		p.refuse(x.ctx, status)
		return
	case errors.Is(err, errAway), errors.Is(err, errFull):
		status = fasthttp.StatusServiceUnavailable
	case errors.Is(err, errHeaderTimeout), errors.As(err, &timeout) && timeout.Timeout():
		status = fasthttp.StatusGatewayTimeout
	}
	p.log.Warn("app did not answer", "method", string(x.ctx.Method()), "path", string(x.ctx.Path()),
		"status", status, "err", err)
	p.refuse(x.ctx, status)
}

// refuse makes the proxy's own answer: the app's error page for a browser when the app is at fault,
// a line of text otherwise.
func (p *Proxy) refuse(ctx *fasthttp.RequestCtx, status int) {
	closing := ctx.Response.ConnectionClose()
	ctx.Response.ResetBody()
	body, contentType := []byte(fasthttp.StatusMessage(status)+"\n"), "text/plain; charset=utf-8"
	if status >= fasthttp.StatusInternalServerError && bytes.Contains(ctx.Request.Header.Peek("Accept"), []byte("text/html")) {
		if page := p.errorPage(); page != nil {
			body, contentType = page, "text/html; charset=utf-8"
		}
	}
	w := newHeadWriter(&ctx.Response.Header)
	w.status(status, "")
	w.field("Date", string(fasthttp.AppendHTTPDate(nil, time.Now())))
	w.field("Content-Type", contentType)
	w.field("Cache-Control", "no-store")
	if status == fasthttp.StatusServiceUnavailable {
		w.field("Retry-After", "1")
	}
	if err := w.done(); err != nil {
		ctx.SetStatusCode(status)
	}
	ctx.Response.SetBody(body)
	if closing {
		ctx.SetConnectionClose()
	}
}

// errorPage reads the app's page, or returns nil.
func (p *Proxy) errorPage() []byte {
	if p.cfg.ErrorPage == "" {
		return nil
	}
	f, err := os.Open(p.cfg.ErrorPage)
	if err != nil {
		return nil
	}
	defer f.Close()
	page, err := io.ReadAll(io.LimitReader(f, maxErrorPage))
	if err != nil {
		return nil
	}
	return page
}
