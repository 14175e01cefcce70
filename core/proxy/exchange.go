package proxy

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"
)

// watchAfter is how long the app may work before its client is watched. Watching costs system calls,
// and most answers come sooner.
const watchAfter = 75 * time.Millisecond

// exchange is one request on its way to the app and the answer on its way back. It begins in Handle
// and ends there, or when the answer's body has been streamed; then everything of the client's side
// belongs to fasthttp again and nobody else may touch it.
type exchange struct {
	p    *Proxy
	ctx  *fasthttp.RequestCtx
	conn *Conn // nil when the listener was not ours

	call   context.Context
	cancel context.CancelFunc

	upgrade  bool
	upstream net.Conn // the connection of an upgrade

	body *requestBody // nil unless it is streamed
	resp *http.Response

	mayInterim bool
	interim    turnstile

	watch     turnstile
	timer     *time.Timer
	stopWatch func() // set inside watch
}

func (p *Proxy) begin(ctx *fasthttp.RequestCtx, conn *Conn, upgrade bool) *exchange {
	x := &exchange{p: p, ctx: ctx, conn: conn, upgrade: upgrade}
	x.call, x.cancel = context.WithCancel(p.root)
	x.mayInterim = conn != nil && ctx.Request.Header.IsHTTP11() && !ctx.Request.IsBodyStream() &&
		conn.nothingBuffered(ctx.ConnRequestNum())
	if p.cfg.Watcher != nil {
		x.timer = time.AfterFunc(watchAfter, x.startWatch)
	}
	return x
}

// startWatch lets the client's leaving cancel the call.
func (x *exchange) startWatch() {
	if !x.watch.enter(nil) {
		return
	}
	defer x.watch.leave()
	x.stopWatch = x.p.cfg.Watcher.Watch(bare(x.ctx.Conn()), x.cancel)
}

// unwatch ends the watching of the client, or keeps it from beginning.
func (x *exchange) unwatch() {
	if x.timer == nil || x.timer.Stop() {
		return
	}
	x.watch.shut(nil)
	if x.stopWatch != nil {
		x.stopWatch()
		x.stopWatch = nil
	}
}

// end takes the client's side back from everybody. It may be called more than once, by the
// goroutine that serves the connection.
func (x *exchange) end() {
	if x.resp != nil {
		_ = x.resp.Body.Close()
	}
	x.unwatch()
	x.interim.shut(nil)
	if x.body != nil {
		x.body.detach()
	}
	x.cancel()
}

// send makes the call; while the app is not listening it waits for it.
func (p *Proxy) send(x *exchange, req *http.Request) (*http.Response, error) {
	arrived := time.Now()
	rewind(req)
	resp, err := p.transport.RoundTrip(req)
	if away := (*unreachableError)(nil); err == nil || !errors.As(err, &away) {
		return resp, err
	}
	// Nothing of the request was sent, and nothing of its body read.
	wait, err := p.hold.enter(arrived, err)
	if err != nil {
		return nil, err
	}
	defer wait.leave()
	for {
		if err := wait.next(x.call); err != nil {
			return nil, err
		}
		rewind(req)
		resp, err := p.transport.RoundTrip(req)
		if away := (*unreachableError)(nil); err == nil || !errors.As(err, &away) {
			return resp, err
		}
	}
}
