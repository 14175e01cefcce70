package engine

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/valyala/fasthttp"

	"realtime/core/protocol/wsframe"
)

// permessage-deflate, RFC 7692. Neither side keeps its window from one message to the next: so a broadcast
// is compressed once and not for each client, and an idle connection holds nothing. What it takes to
// compress and to inflate is borrowed while a message is at hand.

// DefaultDeflateFrom is the size, in bytes, from which compressing a message pays; shorter ones mostly grow.
// Source: Engine.IO's perMessageDeflate.threshold.
const DefaultDeflateFrom = 1024

// negotiateDeflate decides whether the WebSocket that a request opens may be compressed, and what it must be
// answered then. One that must be sent something else already is not.
func (s *Server) negotiateDeflate(ctx *fasthttp.RequestCtx, v variant) (_ variant, response string) {
	if s.cfg.DeflateFrom <= 0 || v != usual {
		return v, ""
	}
	offers := bytes.Join(ctx.Request.Header.PeekAll("Sec-Websocket-Extensions"), []byte(", "))
	response, ok := wsframe.AcceptDeflate(string(offers))
	if !ok {
		return v, ""
	}
	return deflated, response
}

// Uncompressed says that a message is not worth compressing. It is called before the message is sent to
// anybody, and returns it.
func (m *Message) Uncompressed() *Message {
	m.incompressible = true
	return m
}

// newDeflated is a message with each of its packets compressed, where that makes it shorter.
func newDeflated(m *Message) *Message {
	if m.packets == nil && m.head == 0 { // a control frame, which must not be
		return m
	}
	z := deflaters.Get().(*deflater)
	defer deflaters.Put(z)
	other := &Message{wire: make([]byte, 0, len(m.wire)/2)}
	smaller := false
	for s := range m.payloads() {
		op := wsframe.OpText
		if s.binary {
			op = wsframe.OpBinary
		}
		data := m.wire[s.from:s.to]
		if short := z.deflate(data); len(short) < len(data) {
			op, data, smaller = op|wsframe.Deflated, short, true
		}
		other.wire = wsframe.AppendFrame(other.wire, op, data)
		z.trim()
	}
	if !smaller {
		return m
	}
	return other
}

const (
	// deflateLevel is for speed: the next levels make JSON a few percent shorter in twice the time.
	deflateLevel = flate.BestSpeed

	// maxPooledDeflate is how much output the borrowed memory may hold when it is given back, in bytes, so
	// that a rare large message does not stay.
	maxPooledDeflate = 64 << 10
)

// flushTail is what ends a flushed piece of DEFLATE data and is left out on the wire; finalBlock is an empty
// last block, with which a decompressor knows that it is at the end. Source: RFC 7692 section 7.2.
const (
	flushTail  = "\x00\x00\xff\xff"
	finalBlock = "\x01\x00\x00\xff\xff"
)

// deflater is the borrowed memory of one compression.
type deflater struct {
	w   *flate.Writer
	out bytes.Buffer
}

var deflaters = sync.Pool{New: func() any {
	z := &deflater{}
	w, err := flate.NewWriter(&z.out, deflateLevel)
	if err != nil {
		panic("engine: a level that does not exist: " + err.Error())
	}
	z.w = w
	return z
}}

// deflate returns data compressed, as it stands in a message. The result is good until the next call.
func (z *deflater) deflate(data []byte) []byte {
	z.out.Reset()
	z.w.Reset(&z.out)
	_, err := z.w.Write(data)
	if err = errors.Join(err, z.w.Flush()); err != nil {
		panic("engine: a buffer that cannot be written to: " + err.Error())
	}
	return bytes.TrimSuffix(z.out.Bytes(), []byte(flushTail))
}

// trim lets go of what a large message took.
func (z *deflater) trim() {
	if z.out.Cap() > maxPooledDeflate {
		z.out = bytes.Buffer{}
	}
}

// inflater is the borrowed memory of one decompression.
type inflater struct {
	in  []byte
	src bytes.Reader
	r   io.ReadCloser
	out []byte
}

var inflaters = sync.Pool{New: func() any {
	z := &inflater{out: make([]byte, 0, readSize)}
	z.r = flate.NewReader(&z.src)
	return z
}}

// inflate returns the data of a compressed message. It is good until giveBack. The data of a client is never
// believed: nothing beyond limit bytes is kept, and memory grows with what has come out, not with what may.
// Errors: wsframe.TooBig, wsframe.ErrNotDeflate.
func (z *inflater) inflate(payload []byte, limit int) ([]byte, error) {
	z.in = append(append(append(z.in[:0], payload...), flushTail...), finalBlock...)
	z.src.Reset(z.in)
	if err := z.r.(flate.Resetter).Reset(&z.src, nil); err != nil {
		return nil, wsframe.ErrNotDeflate
	}
	z.out = z.out[:0]
	for {
		if len(z.out) == cap(z.out) {
			z.out = append(z.out, 0)[:len(z.out)]
		}
		n, err := z.r.Read(z.out[len(z.out):min(cap(z.out), limit+1)])
		z.out = z.out[:len(z.out)+n]
		switch {
		case len(z.out) > limit:
			return nil, wsframe.TooBig(limit)
		case errors.Is(err, io.EOF):
			return z.finished()
		case err != nil:
			return nil, wsframe.ErrNotDeflate
		}
	}
}

// finished checks that the end of the data is the end of the message. A message may end with a last block of
// its own, and a byte that fills it up; then what was appended is still there (RFC 7692 section 7.2.3.4).
func (z *inflater) finished() ([]byte, error) {
	if z.src.Len() > 1+len(flushTail)+len(finalBlock) {
		return nil, wsframe.ErrNotDeflate
	}
	return z.out, nil
}

func (z *inflater) giveBack() {
	if cap(z.in) > maxPooledDeflate {
		z.in = nil
	}
	if cap(z.out) > maxPooledDeflate {
		z.out = make([]byte, 0, readSize)
	}
	z.src.Reset(nil)
	inflaters.Put(z)
}
