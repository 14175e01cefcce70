package hixie

import (
	"bytes"
	"unicode/utf8"

	"realtime/core/protocol/wsframe"
)

// The bytes that frames begin and end with. Source: draft-hixie-thewebsocketprotocol-76, section 5.3.
const (
	textType   = 0x00 // the frame is a text up to the next endOfText
	sizedTypes = 0x80 // from here on a type's frame begins with its length
	closeType  = 0xFF // with length 0: goodbye
	endOfText  = 0xFF
)

// AppendFrame appends a text as one frame: 00, the text, FF.
//
// Limits: text is UTF-8, which has no byte FF; that is not checked here.
// Ownership: text is copied.
func AppendFrame(dst, text []byte) []byte {
	return append(append(append(dst, textType), text...), endOfText)
}

// AppendClose appends a goodbye, which has neither code nor text.
func AppendClose(dst []byte) []byte { return append(dst, closeType, 0) }

// Parser turns the bytes a client sends into messages, as [wsframe.Parser] does.
//
// The zero value is ready. While nothing is half received it holds no memory.
//
// Concurrency: none; one goroutine at a time. A Parser must not be copied after its first use.
type Parser struct {
	half   *half
	failed *wsframe.CloseError
	closed bool
}

// half is what must survive between two calls of Feed.
type half struct {
	unread []byte // not looked at yet, because yield asked to stop; owned
	frame  []byte // the current frame up to here, its type first; of one that nobody reads only that
	sized  bool   // the current frame's length is complete: left bytes of it are thrown away
	left   int
}

var (
	errTooBig = &wsframe.CloseError{Code: wsframe.CloseTooBig, Text: "message is over the limit"}
	errUTF8   = &wsframe.CloseError{Code: wsframe.CloseInvalidUTF8, Text: "text is not UTF-8"}
)

// Feed takes bytes just read from the client and calls yield for each text that is now complete, with
// OpText, and for the goodbye, with OpClose and no payload. Frames of other types are passed over, as
// the draft asks.
//
// Limits: limit is the most bytes a frame may have, those that are passed over too.
// Pausing, the end and ownership are those of [wsframe.Parser], but that b is not modified.
// Errors: [*wsframe.CloseError] with code 1007 or 1009, for the log: the draft has no codes.
func (p *Parser) Feed(b []byte, limit int, yield func(op wsframe.Opcode, payload []byte) bool) error {
	if p.failed != nil {
		return p.failed
	}
	if p.closed {
		return nil
	}
	if h := p.half; h != nil && len(h.unread) > 0 {
		b = append(h.unread, b...)
		h.unread = nil
	}
	for more := true; len(b) > 0 && !p.closed; {
		if !more {
			p.hold().unread = bytes.Clone(b)
			return nil
		}
		var n int
		var err *wsframe.CloseError
		if n, more, err = p.step(b, limit, yield); err != nil {
			p.failed, p.half = err, nil
			return err
		}
		b = b[n:]
	}
	if h := p.half; h != nil && (p.closed || len(h.frame) == 0) {
		p.half = nil
	}
	return nil
}

// step goes on to the end of the current frame, or of b, which is not empty. n is how much of b it used,
// more is false when yield asked to stop.
func (p *Parser) step(b []byte, limit int, yield func(wsframe.Opcode, []byte) bool) (n int, more bool, err *wsframe.CloseError) {
	h := p.half
	begun := h != nil && len(h.frame) > 0
	if !begun && b[0] == textType {
		// The usual case: a frame that lies whole in b is yielded from there.
		if end := bytes.IndexByte(b, endOfText); end > 0 {
			more, err = p.text(b[1:end], limit, yield)
			return end + 1, more, err
		}
	}
	if !begun {
		h = p.hold()
		h.frame, h.sized, h.left = append(h.frame[:0], b[0]), false, 0
		return 1, true, nil
	}
	if h.frame[0] >= sizedTypes {
		return p.pass(b, limit, yield)
	}
	end := bytes.IndexByte(b, endOfText)
	piece := b
	if end >= 0 {
		piece = b[:end]
	}
	if len(h.frame)-1+len(piece)+h.left > limit {
		return 0, false, errTooBig
	}
	if h.frame[0] == textType {
		h.frame = append(h.frame, piece...)
	} else {
		h.left += len(piece)
	}
	if end < 0 {
		return len(b), true, nil
	}
	whole := h.frame
	h.frame = nil
	if whole[0] != textType {
		return end + 1, true, nil
	}
	more, err = p.text(whole[1:], limit, yield)
	return end + 1, more, err
}

// text yields one message.
func (p *Parser) text(payload []byte, limit int, yield func(wsframe.Opcode, []byte) bool) (more bool, err *wsframe.CloseError) {
	switch {
	case len(payload) > limit:
		return false, errTooBig
	case !utf8.Valid(payload):
		return false, errUTF8
	}
	return yield(wsframe.OpText, payload), nil
}

// pass goes on with a frame that begins with its length, seven bits in each byte.
func (p *Parser) pass(b []byte, limit int, yield func(wsframe.Opcode, []byte) bool) (n int, more bool, err *wsframe.CloseError) {
	h := p.half
	for ; !h.sized && n < len(b); n++ {
		h.left = h.left<<7 | int(b[n]&0x7F)
		if h.left > limit {
			return n, false, errTooBig
		}
		h.sized = b[n]&0x80 == 0
	}
	if !h.sized {
		return n, true, nil
	}
	if h.frame[0] == closeType && h.left == 0 {
		p.closed = true
		return n, yield(wsframe.OpClose, nil), nil
	}
	skip := min(h.left, len(b)-n)
	h.left -= skip
	if h.left == 0 {
		h.frame = nil
	}
	return n + skip, true, nil
}

// Buffered returns how many bytes of memory the half-received frame and the bytes kept while paused
// hold; 0 when the connection is idle.
func (p *Parser) Buffered() int {
	if p.half == nil {
		return 0
	}
	return cap(p.half.unread) + cap(p.half.frame)
}

func (p *Parser) hold() *half {
	if p.half == nil {
		p.half = new(half)
	}
	return p.half
}
