package proxy

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// maxAttempts bounds how often a request meets a connection that the app has closed. The Transport
// removes such connections as fast as it hears of them, so two in a row are rare.
const maxAttempts = 4

var errClientLeft = errors.New("client left")

// exchange is one request on its way to the app and the answer on its way back. It begins in Handle
// and ends there, or when the answer's body has been streamed; then everything of the client's side
// belongs to fasthttp again and nobody else may touch it.
type exchange struct {
	p    *Proxy
	ctx  *fasthttp.RequestCtx
	conn *Conn // nil when the listener was not ours

	call   context.Context
	cancel context.CancelCauseFunc

	upgrade  bool
	upstream *upstreamConn // the connection in use

	body *requestBody // nil unless it is streamed
	resp *http.Response

	mayInterim bool
	interim    turnstile

	began     time.Time
	asked     atomic.Int64 // when the app was asked, in Unix nanoseconds; 0 while it is waited for
	answered  atomic.Bool
	alarm     *alarm
	alarmed   turnstile
	rang      bool   // set inside alarmed
	stopWatch func() // set inside alarmed
}

func (p *Proxy) begin(ctx *fasthttp.RequestCtx, conn *Conn, upgrade bool) *exchange {
	x := &exchange{p: p, ctx: ctx, conn: conn, upgrade: upgrade, began: time.Now()}
	x.call, x.cancel = context.WithCancelCause(p.root)
	x.mayInterim = conn != nil && ctx.Request.Header.IsHTTP11() && !ctx.Request.IsBodyStream() &&
		conn.nothingBuffered(ctx.ConnRequestNum())
	return x
}

// end takes the client's side back from everybody. It may be called more than once, by the
// goroutine that serves the connection.
func (x *exchange) end() {
	if x.resp != nil {
		_ = x.resp.Body.Close()
	}
	x.silence()
	x.interim.shut(nil)
	if x.body != nil {
		x.body.detach()
	}
	x.cancel(nil)
}

// send makes the call; while the app is not listening it waits for it.
func (p *Proxy) send(x *exchange, req *http.Request) (*http.Response, error) {
	x.alarm = setAlarm(x)
	defer x.answered.Store(true)
	resp, err := p.attempt(x, req)
	if away := (*unreachableError)(nil); err == nil || !errors.As(err, &away) {
		return resp, err
	}
	// Nothing of the request was sent, and nothing of its body read.
	wait, err := p.hold.enter(x.began, err)
	if err != nil {
		return nil, err
	}
	defer wait.leave()
	for {
		if err := wait.next(x.call); err != nil {
			return nil, err
		}
		resp, err := p.attempt(x, req)
		if away := (*unreachableError)(nil); err == nil || !errors.As(err, &away) {
			return resp, err
		}
	}
}

// attempt makes the call, again if the connection turned out to be closed before anything was sent.
func (p *Proxy) attempt(x *exchange, req *http.Request) (*http.Response, error) {
	x.asked.Store(time.Now().UnixNano())
	defer x.asked.Store(0)
	for try := 1; ; try++ {
		x.upstream = nil
		rewind(req)
		resp, err := p.transport.RoundTrip(req)
		if err == nil || try == maxAttempts || !x.unsent() {
			return resp, err
		}
	}
}

// unsent reports whether a call that failed has sent nothing and can be made again. When a call has
// failed, the Transport writes no more.
func (x *exchange) unsent() bool {
	return x.upstream != nil && x.upstream.sent.Load() == 0 && x.call.Err() == nil &&
		(x.body == nil || x.body.rewind())
}
