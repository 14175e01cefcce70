package engine

import (
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/poll"
)

// exchange is an HTTP connection whose request waits for an answer, parked without a goroutine: a
// poll, or a POST whose client has to wait. When it is answered the connection stays parked until the
// next request begins, and then goes back to the HTTP server.
//
// It has one owner at a time: the session while it waits, then itself.
type exchange struct {
	server *Server
	conn   *poll.Conn
	ahead  []byte // of the next request, read too early
	timer  poll.Timer

	// What the answer's head needs from the request.
	origin    string // to be named in the answer; "" for a page of our own
	form      form   // of a poll's answer
	legacyIE  bool
	coding    coding // what the client takes
	keepAlive bool
	http10    bool

	mu      sync.Mutex
	session *Session // told if the client leaves before it has its answer; nil once it has
	stage   stage
	out     []byte // of the answer, what the kernel did not take yet
}

type stage uint8

const (
	waiting stage = iota // for an answer
	writing              // a goroutine writes the answer
	stalled              // the kernel did not take all of it; the poller goes on
	idling               // until the next request begins
)

// newExchange reads from a request what its answer will need. The rest happens when the connection is
// ours: see park.
func (s *Session) newExchange(ctx *fasthttp.RequestCtx, origin string) *exchange {
	h := &ctx.Request.Header
	return &exchange{
		server:    s.server,
		origin:    origin,
		form:      s.row.form(s, ctx),
		legacyIE:  isLegacyIE(h.UserAgent()),
		coding:    s.server.codingFor(h),
		keepAlive: h.IsHTTP11() && !h.ConnectionClose(),
		http10:    !h.IsHTTP11(),
	}
}

// park takes over a hijacked connection for a session, and notices from now on if the client leaves.
// What the client sends meanwhile is the next request, and is left where it is. On an error the
// connection is closed.
func (ex *exchange) park(c net.Conn, owner *Session) error {
	raw, ahead, err := unwrap(c)
	if err != nil {
		raw.Close()
		return err
	}
	ex.ahead = ahead
	ex.session = owner
	ex.timer.Init(ex)
	conn, err := ex.server.cfg.Poller.Add(raw, ex)
	if err != nil {
		raw.Close()
		return err
	}
	ex.conn = conn
	ex.arm(0)
	return nil
}

// Ready is called by the poller.
func (ex *exchange) Ready(e poll.Event) {
	ex.mu.Lock()
	at := ex.stage
	if at == stalled {
		ex.stage = writing
	}
	ex.mu.Unlock()
	switch at {
	case waiting:
		ex.broke()
	case writing: // the client left behind its answer's back: who writes will see it
	case stalled:
		ex.write()
	case idling:
		ex.next(e)
	}
}

// answer writes the answer and parks the connection for the next request. The caller owns the exchange
// and gives it away.
func (ex *exchange) answer(status int, contentType string, body []byte) {
	out := ex.appendHead(make([]byte, 0, len(body)+256), status, contentType, len(body), identity)
	ex.send(append(out, body...))
}

// answerPayload answers a poll with messages. The caller owns the exchange and gives it away.
func (ex *exchange) answerPayload(messages []*Message) {
	size := 0
	for _, m := range messages {
		size += len(m.wire)
	}
	body, contentType := ex.form.body(make([]byte, 0, size+size/8), messages)
	body, c := ex.coding.compress(ex.form, body, messages)
	out := ex.appendHead(make([]byte, 0, len(body)+256), fasthttp.StatusOK, contentType, len(body), c)
	ex.send(append(out, body...))
}

// textPlain is the content type of most polling answers.
const textPlain = "text/plain; charset=UTF-8"

func (ex *exchange) appendHead(b []byte, status int, contentType string, length int, c coding) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, fasthttp.StatusMessage(status)...)
	if contentType != "" {
		b = append(append(b, "\r\nContent-Type: "...), contentType...)
	}
	b = strconv.AppendInt(append(b, "\r\nContent-Length: "...), int64(length), 10)
	b = append(b, "\r\nCache-Control: no-store"...)
	if c != identity {
		b = append(append(b, "\r\nContent-Encoding: "...), c.String()...)
		b = append(b, "\r\nVary: Accept-Encoding"...)
	}
	if ex.legacyIE {
		b = append(b, "\r\nX-XSS-Protection: 0"...)
	}
	for _, f := range corsHeaders(ex.origin) {
		b = append(append(b, "\r\n"...), f.Name...)
		b = append(append(b, ": "...), f.Value...)
	}
	switch {
	case !ex.keepAlive:
		b = append(b, "\r\nConnection: close"...)
	case ex.http10:
		b = append(b, "\r\nConnection: keep-alive"...)
	}
	return append(b, "\r\n\r\n"...)
}

// send starts to write the answer.
func (ex *exchange) send(out []byte) {
	ex.mu.Lock()
	ex.stage = writing
	ex.out = out
	ex.mu.Unlock()
	ex.write()
}

// write writes what the kernel takes. Only one goroutine does so at a time: who took the stage to
// writing.
func (ex *exchange) write() {
	n, err := ex.conn.Write(ex.out)
	ex.out = ex.out[n:]
	switch {
	case errors.Is(err, poll.ErrWouldBlock):
		ex.setTimer(idlePatience)
		ex.mu.Lock()
		ex.stage = stalled
		ex.mu.Unlock()
		ex.arm(poll.Write)
	case err != nil:
		ex.broke()
	case !ex.keepAlive:
		ex.close()
	default:
		ex.idle()
	}
}

// broke tells the session that its client left before it had its answer.
func (ex *exchange) broke() {
	ex.mu.Lock()
	owner := ex.session
	ex.session = nil
	ex.mu.Unlock()
	ex.close()
	if owner != nil {
		owner.pollingLost(ex)
	}
}

// idle waits for the next request of the connection.
func (ex *exchange) idle() {
	ex.mu.Lock()
	ex.stage = idling
	ex.session, ex.out = nil, nil
	ex.mu.Unlock()
	if len(ex.ahead) > 0 {
		ex.next(poll.Readable)
		return
	}
	ex.setTimer(idlePatience)
	ex.arm(poll.Read)
}

// next gives the connection back to the HTTP server, for its next request or to see that it is closed.
func (ex *exchange) next(e poll.Event) {
	if len(ex.ahead) == 0 && !ex.conn.Pending() {
		if e&poll.HangUp != 0 {
			ex.close()
			return
		}
		ex.arm(poll.Read)
		return
	}
	ex.server.cfg.Wheel.Stop(&ex.timer)
	nc := ex.conn.Release()
	if nc == nil {
		return // the timer was faster
	}
	if len(ex.ahead) > 0 {
		nc = &aheadConn{Conn: nc, ahead: ex.ahead}
	}
	ex.server.spawn(func() { ex.server.cfg.Serve(nc) })
}

// Expired is called by the wheel: the client took too long to read its answer or to ask again.
func (ex *exchange) Expired(time.Time) { ex.broke() }

func (ex *exchange) setTimer(d time.Duration) {
	ex.server.cfg.Wheel.Set(&ex.timer, time.Now().Add(d))
}

func (ex *exchange) arm(i poll.Interest) {
	if ex.conn.Arm(i) != nil {
		ex.broke()
	}
}

func (ex *exchange) close() {
	ex.server.cfg.Wheel.Stop(&ex.timer)
	ex.conn.Close()
}
