package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/proxy/forwarded"
)

const (
	// smallAnswer is the length up to which an answer is read before its head is sent: one write
	// instead of several, and a broken one becomes a 502 instead of half a page.
	smallAnswer = 8 << 10
	// Streaming starts with a small buffer, so that thousands of quiet event streams are cheap, and
	// takes the large one once the app fills the small.
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
)

var (
	smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}
)

// answer hands the app's answer to fasthttp and ends the exchange, at once or when the body is over.
func (p *Proxy) answer(x *exchange) {
	resp, out := x.resp, &x.ctx.Response
	if resp.StatusCode == http.StatusSwitchingProtocols && x.upgrade {
		p.openTunnel(x)
		return
	}
	if resp.StatusCode < 200 || resp.StatusCode > 999 {
		x.end()
		p.refuseFor(x, fmt.Errorf("status %d out of place", resp.StatusCode))
		return
	}
	closing := out.ConnectionClose()
	if err := writeHead(&out.Header, resp); err != nil {
		x.end()
		p.refuseFor(x, fmt.Errorf("answer's head: %w", err))
		return
	}
	if closing {
		out.SetConnectionClose()
	}
	length := resp.ContentLength
	switch {
	case x.ctx.IsHead() || resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified || length == 0:
		x.releaseBody()
		x.end()
	case length > 0 && length <= smallAnswer:
		err := readSmall(out, resp.Body, int(length))
		x.releaseBody()
		x.end()
		if err != nil {
			p.refuseFor(x, fmt.Errorf("answer's body: %w", err))
		}
	case length < 0 && !x.ctx.Request.Header.IsHTTP11():
		p.answerUntilClose(x)
	default:
		x.releaseBody()
		out.ImmediateHeaderFlush = length < 0
		out.SetBodyStream(&answerBody{x}, int(length))
	}
}

// releaseBody tells fasthttp that the request body is over, if it is; CloseUnread looks for that.
func (x *exchange) releaseBody() {
	if x.body != nil && x.body.ended() {
		_ = x.ctx.Request.CloseBodyStream()
	}
}

// writeHead copies status line and headers, the app's Date and Server among them.
func writeHead(out *fasthttp.ResponseHeader, resp *http.Response) error {
	w := newHeadWriter(out)
	w.status(resp.StatusCode, resp.Status)
	w.fields(resp.Header, resp.StatusCode)
	if len(resp.Header["Date"]) == 0 {
		w.field("Date", string(fasthttp.AppendHTTPDate(nil, time.Now()))) // RFC 9110 6.6.1
	}
	return w.done()
}

// headWriter writes an answer's head as text and lets fasthttp parse it, because the setters of
// fasthttp's header refuse some names (Date) and rewrite others.
type headWriter struct {
	out  *fasthttp.ResponseHeader
	text *headText
}

type headText struct {
	b      []byte
	source bytes.Reader
	reader *bufio.Reader
}

var headTexts = sync.Pool{New: func() any {
	return &headText{reader: bufio.NewReaderSize(nil, smallBuffer)}
}}

func newHeadWriter(out *fasthttp.ResponseHeader) headWriter {
	t := headTexts.Get().(*headText)
	t.b = t.b[:0]
	return headWriter{out, t}
}

// status begins the head. line is the app's "404 Not Found", or empty for the usual words.
func (w headWriter) status(code int, line string) {
	b := append(w.text.b, "HTTP/1.1 "...)
	if line == "" || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		line = strconv.Itoa(code) + " " + fasthttp.StatusMessage(code)
	}
	w.text.b = append(append(b, line...), "\r\n"...)
}

func (w headWriter) field(name, value string) {
	b := append(append(w.text.b, name...), ": "...)
	w.text.b = append(append(b, value...), "\r\n"...)
}

// fields adds what of the app's headers is for the client, duplicates in their order.
func (w headWriter) fields(header http.Header, code int) {
	var connection []byte
	for _, v := range header["Connection"] {
		connection = append(append(connection, v...), ',')
	}
	for name, values := range header {
		if forwarded.HopByHop([]byte(name), connection) || (code == http.StatusNoContent && name == "Content-Length") {
			continue
		}
		for _, v := range values {
			w.field(name, v)
		}
	}
}

// done parses what was written. The writer must not be used after.
func (w headWriter) done() error {
	t := w.text
	t.b = append(t.b, "\r\n"...)
	t.source.Reset(t.b)
	r := t.reader
	if len(t.b) > r.Size() {
		r = bufio.NewReaderSize(nil, len(t.b)) // the whole head must fit
	}
	r.Reset(&t.source)
	err := w.out.Read(r)
	w.out.ResetConnectionClose() // inferred from a missing length; how the answer is sent is our business
	if cap(t.b) <= maxPooledText {
		headTexts.Put(t)
	}
	return err
}

// readSmall reads a body of known small length to its end.
func readSmall(out *fasthttp.Response, body io.Reader, length int) error {
	buf := largeBuffers.Get().(*[largeBuffer]byte)
	defer largeBuffers.Put(buf)
	n, err := io.ReadFull(body, buf[:length])
	if err != nil {
		return err
	}
	// The Transport takes the connection back when it has seen the end.
	if _, err := body.Read(buf[n : n+1]); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	out.SetBody(buf[:n])
	return nil
}

// answerBody streams the app's body for fasthttp and ends the exchange when it is closed.
type answerBody struct{ x *exchange }

var _ fasthttp.BodyWriterTo = (*answerBody)(nil)

func (b *answerBody) Read(p []byte) (int, error) { return b.x.resp.Body.Read(p) }

// SupportsBodyWriteTo lets fasthttp use WriteTo for chunked answers too.
func (b *answerBody) SupportsBodyWriteTo() bool { return true }

// WriteTo passes on each piece as soon as it comes: the next may take minutes.
func (b *answerBody) WriteTo(w io.Writer) (int64, error) { return stream(w, b.x.resp.Body) }

// Close is called by fasthttp in every case, also when the client has gone.
func (b *answerBody) Close() error {
	b.x.end()
	return nil
}

// stream copies src to w, flushing after each read.
func stream(w io.Writer, src io.Reader) (int64, error) {
	small := smallBuffers.Get().(*[smallBuffer]byte)
	defer smallBuffers.Put(small)
	buf := small[:]
	flusher, _ := w.(interface{ Flush() error })
	var total int64
	for {
		n, err := src.Read(buf)
		if n > 0 {
			m, err := w.Write(buf[:n])
			total += int64(m)
			if err != nil {
				return total, err
			}
			if flusher != nil {
				if err := flusher.Flush(); err != nil {
					return total, err
				}
			}
			if n == smallBuffer && len(buf) == smallBuffer {
				large := largeBuffers.Get().(*[largeBuffer]byte)
				defer largeBuffers.Put(large)
				buf = large[:]
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
