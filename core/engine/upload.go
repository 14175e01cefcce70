package engine

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// upload is the POST of a polling session: packets from the client. While the floor above cannot take
// more, the rest of the body and the answer are held back, and with them the client.
type upload struct {
	session *Session
	intake  intake    // how the body is read
	rest    []byte    // what is not parsed yet
	ex      *exchange // the answer, once it is held back

	// All are guarded by session.mu.
	next   *upload // comes after it
	done   bool    // everything is taken in: answer as soon as the exchange is parked
	parked bool
}

var (
	errTooLarge  = errors.New("engine: body over max_http_buffer_size")
	errTruncated = errors.New("engine: body ended early")
)

// serveUpload takes a POST.
func (s *Session) serveUpload(ctx *fasthttp.RequestCtx, origin string) {
	s.serveBody(ctx, origin, func() (intake, bool) { return s.row.intake(s, ctx) })
}

// serveBody takes a POST that is read as the intake says.
func (s *Session) serveBody(ctx *fasthttp.RequestCtx, origin string, choose func() (intake, bool)) {
	up := &upload{session: s}
	if !s.beginUpload(up) {
		ctx.SetConnectionClose()
		empty(ctx, fasthttp.StatusBadRequest)
		return
	}
	var ok bool
	if up.intake, ok = choose(); !ok {
		s.endUpload(up)
		ctx.SetConnectionClose()
		empty(ctx, fasthttp.StatusBadRequest)
		return
	}
	body, err := readBody(ctx, s.server.cfg.MaxPayload)
	switch {
	case errors.Is(err, errTooLarge):
		s.endUpload(up)
		ctx.SetConnectionClose() // the rest of the body may be unread
		discardBody(ctx, discardLimit)
		empty(ctx, fasthttp.StatusRequestEntityTooLarge)
		s.server.log.Info("polling request refused", "err", err, "limit", s.server.cfg.MaxPayload,
			"address", s.handshake.Address)
		return
	case err != nil:
		s.endUpload(up)
		ctx.SetConnectionClose()
		s.pollingLost(nil)
		return
	}
	defer bodies.Put(body)
	if up.begin(body.bytes) {
		s.endUpload(up)
		ctx.Response.Header.SetContentType(s.row.received.contentType)
		ctx.Response.SetBodyRaw(s.row.received.body)
		return
	}
	up.rest = append([]byte(nil), up.rest...) // the body goes back to its pool
	up.ex = s.newExchange(ctx, origin)
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(up.park)
}

// beginUpload registers a POST, behind those that came before it. It reports false if these are too
// many: the client has lost count, and its session is closed.
func (s *Session) beginUpload(up *upload) bool {
	s.mu.Lock()
	count, at := 0, &s.post
	for ; *at != nil; at = &(*at).next {
		count++
	}
	many := count > s.row.waitingPosts
	ok := !many && !s.marks.has(over)
	if ok {
		*at = up
	}
	s.mu.Unlock()
	if many {
		s.end(TransportError, "too many POSTs at once")
	}
	return ok
}

// endUpload takes a POST off the list. The one behind it, if it has been read, has its turn.
func (s *Session) endUpload(up *upload) {
	s.mu.Lock()
	first := s.post == up
	at := &s.post
	for *at != nil && *at != up {
		at = &(*at).next
	}
	if *at == up {
		*at, up.next = up.next, nil
	}
	next := s.post
	turn := first && next != nil && !s.marks.has(paused|over)
	s.mu.Unlock()
	if turn {
		s.server.spawn(next.resume)
	}
}

// first reports whether it is the POST's turn.
func (up *upload) first() bool {
	s := up.session
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.post == up
}

// begin takes in a whole body, as take does.
func (up *upload) begin(body []byte) (done bool) {
	if up.intake.unwrap != nil {
		var err error
		if body, err = up.intake.unwrap(body); err != nil {
			up.session.end(ParseError, err.Error())
			return true
		}
	}
	if len(body) == 0 {
		up.session.end(ParseError, "an empty body")
		return true
	}
	if !up.first() {
		up.rest = body
		return false
	}
	return up.take(body)
}

// take gives the packets of the body to the session. It reports false if the session is paused before
// the end; rest is then what is left. After an error the rest of the body is of no interest.
func (up *upload) take(body []byte) (done bool) {
	s := up.session
	up.rest = body
	for up.rest != nil {
		p, rest, err := up.intake.next(up.rest)
		if err != nil {
			s.end(ParseError, err.Error())
			return true
		}
		up.rest = rest
		if !s.receive(nil, p) {
			return !s.isPaused()
		}
	}
	return true
}

// park holds the answer back. The session may have gone on, or ended, while the connection was taken
// over.
func (up *upload) park(c net.Conn) {
	s := up.session
	if err := up.ex.park(c, s); err != nil {
		s.endUpload(up)
		s.pollingLost(nil)
		return
	}
	s.mu.Lock()
	up.parked = true
	resume := !s.marks.has(paused) && !up.done && s.post == up
	answer := up.done || s.marks.has(over)
	s.mu.Unlock()
	switch {
	case answer:
		up.ok()
	case resume:
		up.resume()
	}
}

// resume goes on with the body after a pause, and answers at its end.
func (up *upload) resume() {
	s := up.session
	s.mu.Lock()
	ready := up.parked && !up.done && s.post == up
	s.mu.Unlock()
	if !ready {
		return // park will see that the pause is over, or that it is its turn
	}
	if up.rest != nil && !up.take(up.rest) {
		return
	}
	s.endUpload(up)
	up.release()
}

// release answers a POST that is held back, once.
func (up *upload) release() {
	s := up.session
	s.mu.Lock()
	answer := up.parked && !up.done
	up.done = true
	s.mu.Unlock()
	if answer {
		up.ok()
	}
}

func (up *upload) ok() {
	received := &up.session.row.received
	up.ex.answer(fasthttp.StatusOK, received.contentType, received.body)
}

func (s *Session) isPaused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks.has(paused)
}

// discardLimit is how much of a body that is too large is read all the same, in bytes. A connection
// that is closed on unread bytes is reset, and the client may never see why.
const discardLimit = 4 << 20

func discardBody(ctx *fasthttp.RequestCtx, limit int64) {
	if !ctx.Request.IsBodyStream() {
		return
	}
	_ = ctx.Conn().SetReadDeadline(time.Now().Add(lingerPatience))
	_, _ = io.CopyN(io.Discard, ctx.RequestBodyStream(), limit)
}

// pooled is a borrowed buffer.
type pooled struct{ bytes []byte }

var bodies = sync.Pool{New: func() any { return &pooled{bytes: make([]byte, 0, 4096)} }}

// readBody reads the body of a POST, up to limit bytes. The caller gives it back to bodies.
func readBody(ctx *fasthttp.RequestCtx, limit int) (*pooled, error) {
	if ctx.Request.Header.ContentLength() > limit {
		return nil, errTooLarge
	}
	b := bodies.Get().(*pooled)
	b.bytes = b.bytes[:0]
	if !ctx.Request.IsBodyStream() {
		b.bytes = append(b.bytes, ctx.Request.Body()...)
		return b, nil
	}
	_ = ctx.Conn().SetReadDeadline(time.Now().Add(bodyPatience))
	body := io.LimitReader(ctx.RequestBodyStream(), int64(limit)+1)
	for {
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = append(b.bytes, 0)[:len(b.bytes)]
		}
		n, err := body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case len(b.bytes) > limit:
			bodies.Put(b)
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			if want := ctx.Request.Header.ContentLength(); want > 0 && len(b.bytes) < want {
				bodies.Put(b)
				return nil, errTruncated
			}
			// Nothing is unread, so the connection may be used again.
			return b, ctx.Request.CloseBodyStream()
		case err != nil:
			bodies.Put(b)
			return nil, err
		}
	}
}
