package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// smallBody is the length up to which a body of known length is read before the app is called: then
// nothing of the request is left to be read, net/http can send it in one write with the head, and may
// send it again on another connection when the first turned out to be closed.
const smallBody = 8 << 10

// replayable is how much of a streamed body is kept for a second attempt: more than the Transport
// reads before its first write.
const replayable = 8 << 10

var (
	errBodyTooLarge = errors.New("request body larger than max_request_body")
	errBodyDetached = errors.New("request has ended")
)

// requestBody lends the client's body to net/http's Transport, which may go on reading it after it
// has returned an early answer. detach takes it back.
type requestBody struct {
	stream io.Reader
	conn   net.Conn
	idle   time.Duration // longest wait for one read; 0: none
	limit  int64         // bytes; 0: unlimited

	gate turnstile

	// The reader's, one at a time: what a further attempt needs if the first sent nothing.
	read   int64  // bytes of the client
	kept   []byte // the first bytes read
	replay []byte // of kept, what is to be read once more

	// Written inside the gate; read by anyone.
	endedAt atomic.Pointer[time.Time] // when its end was read
	err     atomic.Pointer[error]     // why reading failed
}

func newRequestBody(ctx *fasthttp.RequestCtx, idle time.Duration, limit int64) *requestBody {
	return &requestBody{stream: ctx.RequestBodyStream(), conn: ctx.Conn(), idle: idle, limit: limit}
}

// Read implements io.Reader for the Transport. Every read has its own deadline: fasthttp's would
// count for the whole request and cut long uploads.
func (b *requestBody) Read(p []byte) (int, error) {
	if len(b.replay) > 0 {
		n := copy(p, b.replay)
		b.replay = b.replay[n:]
		return n, nil
	}
	if b.ended() {
		return 0, io.EOF
	}
	if err := b.failure(); err != nil {
		return 0, err
	}
	if !b.gate.enter(b.setDeadline) {
		return 0, errBodyDetached
	}
	defer b.gate.leave()
	n, err := b.stream.Read(p)
	if b.read += int64(n); b.read <= replayable {
		b.kept = append(b.kept, p[:n]...)
	}
	if b.limit > 0 && b.read > b.limit {
		n, err = 0, errBodyTooLarge
	}
	switch {
	case err == io.EOF:
		now := time.Now()
		b.endedAt.Store(&now)
	case err != nil:
		b.err.Store(&err)
	}
	return n, err
}

// Close does nothing: the Transport closes the body of a request it could not even dial for, and
// then the request is tried again.
func (b *requestBody) Close() error { return nil }

// rewind makes the body begin again and reports whether it can. Nobody may be reading.
func (b *requestBody) rewind() bool {
	if b.read > replayable || b.failure() != nil {
		return false
	}
	b.replay = b.kept
	return true
}

// detach waits until nobody reads and lets nobody read any more.
func (b *requestBody) detach() {
	b.gate.shut(func() { _ = b.conn.SetReadDeadline(time.Unix(1, 0)) })
}

func (b *requestBody) setDeadline() {
	var until time.Time
	if b.idle > 0 {
		until = time.Now().Add(b.idle)
	}
	_ = b.conn.SetReadDeadline(until) // fails on a closed connection only, and then so does the read
}

func (b *requestBody) ended() bool { return b.endedAt.Load() != nil }

func (b *requestBody) failure() error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

// refusal returns the status for a body that could not be read, or 0 if it was not the body's
// fault.
func (b *requestBody) refusal() int {
	err := b.failure()
	if err == nil || errors.Is(err, errBodyDetached) {
		return 0
	}
	return bodyStatus(err)
}

func bodyStatus(err error) int {
	var netErr net.Error
	switch {
	case errors.Is(err, errBodyTooLarge):
		return fasthttp.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return fasthttp.StatusRequestTimeout
	default:
		return fasthttp.StatusBadRequest
	}
}

// copyBody returns a small body, which it reads to its end.
func copyBody(ctx *fasthttp.RequestCtx, length int, idle time.Duration) ([]byte, error) {
	body := make([]byte, length)
	if idle > 0 {
		_ = ctx.Conn().SetReadDeadline(time.Now().Add(idle))
	}
	if _, err := io.ReadFull(ctx.RequestBodyStream(), body); err != nil {
		return nil, err
	}
	return body, ctx.Request.CloseBodyStream()
}

// repeatable is the body and GetBody of a request whose body is in memory.
func repeatable(body []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

// CloseUnread ends the connection after the answer when ctx's body was not read to its end, which
// must be done after every handler of a server that streams bodies: fasthttp would take the rest of
// the body for the next request, and whoever wrote the body would have written that request.
// Handle does it itself; for a handler that reads bodies by ctx.PostBody it does nothing.
func CloseUnread(ctx *fasthttp.RequestCtx) {
	if !ctx.Request.IsBodyStream() || ctx.Request.Header.ContentLength() == 0 {
		return
	}
	ctx.SetConnectionClose()
	if c := wrapped(ctx.Conn()); c != nil {
		c.linger.Store(true)
	}
}
