package wsframe

import (
	"bytes"
	"unicode/utf8"
)

// minMessage is the first size of a buffer for a half-received message, in bytes: large enough
// that a short message arriving in crumbs does not grow its buffer over and over.
const minMessage = 256

// Parser turns the bytes a client sends into messages and control frames.
//
// The zero value is ready. It is small because every connection embeds one: what a half-received
// frame or message needs hangs from a pointer that is nil the rest of the time.
//
// Concurrency: none; one goroutine at a time. A Parser must not be copied after its first use.
// Source: RFC 6455 section 5; RFC 7692 section 6, of which it knows no more than the bit.
type Parser struct {
	half   *half
	failed *CloseError
	closed bool

	// Deflate says that the connection has permessage-deflate, so that data messages may be marked as
	// Deflated. It is set before the first Feed.
	Deflate bool
}

// half is what must survive between two calls of Feed.
type half struct {
	unread  []byte // raw bytes not looked at yet, because yield asked to stop; owned
	message []byte // unmasked payload of the message so far
	control []byte // unmasked payload of the control frame so far
	checked int    // message[:checked] is valid UTF-8
	left    int    // bytes of the current frame's payload still to come
	frame   header // the current frame; its key turned to fit the next byte
	inFrame bool   // frame is valid: its header is complete, its payload is not
	op      Opcode // OpText or OpBinary, perhaps Deflated, while a message is in progress, else 0
	headLen uint8
	head    [maxHeaderSize]byte // an incomplete header
}

// Feed takes bytes just read from the client and calls yield for each message that is now complete
// and for each control frame, in order of their arrival; control frames may come between the
// fragments of a message. op is OpText, OpBinary, OpClose, OpPing or OpPong; the first two may be
// marked as Deflated if p.Deflate is set. Then payload is as it came: inflating it, holding the result
// against a limit and looking at its UTF-8 are left to the owner.
//
// Limits: limit is the most bytes a message may have, all fragments together; there is no way to
// ask for none. A longer one is refused when its header arrives. What is held grows with what has
// arrived, never with what a header promises.
//
// Pausing: when yield returns false, what it was called with counts as delivered; Feed returns nil
// at once and keeps a copy of what it had not looked at. The next Feed goes on exactly there:
// Feed(nil, …) if nothing new was read. A paused owner stops reading, so that no more than one read
// buffer is kept.
//
// The end: after a close frame everything further is ignored, as the RFC asks. After an error every
// call returns that error.
//
// Ownership: b is modified (unmasked in place) and not kept. payload is valid during the call of
// yield only. yield must not call Feed of the same Parser.
//
// Errors: [*CloseError] with code 1002 (framing), 1007 (text that is not UTF-8) or 1009 (over
// limit). What was complete before the fault has been yielded. The payload of a close frame is not
// looked at: see [ParseClose].
func (p *Parser) Feed(b []byte, limit int, yield func(op Opcode, payload []byte) bool) error {
	if p.failed != nil {
		return p.failed
	}
	if p.closed {
		return nil
	}
	owned := false
	if h := p.half; h != nil && len(h.unread) > 0 {
		b, owned = append(h.unread, b...), true
		h.unread = nil
	}
	for len(b) > 0 {
		n, more, err := p.step(b, limit, yield)
		b = b[n:]
		if err != nil {
			p.failed, p.half = err, nil
			return err
		}
		if p.closed {
			break
		}
		if !more {
			p.keepUnread(b, owned)
			break
		}
	}
	if h := p.half; h != nil && (p.closed || h.idle()) {
		p.half = nil
	}
	return nil
}

// Buffered returns how many bytes of memory the half-received frame and the bytes kept while
// paused hold; 0 when the connection is idle.
func (p *Parser) Buffered() int {
	if p.half == nil {
		return 0
	}
	return cap(p.half.unread) + cap(p.half.message) + cap(p.half.control) + int(p.half.headLen)
}

// step goes on by one header, one piece of a payload, or one whole frame. n is how much of b it
// used, more is false when yield asked to stop. b is not empty.
func (p *Parser) step(b []byte, limit int, yield func(Opcode, []byte) bool) (n int, more bool, err *CloseError) {
	if p.half != nil && p.half.inFrame {
		return p.payload(b, yield)
	}
	f, n, err := p.header(b)
	if err != nil {
		return n, false, err
	}
	if n == 0 {
		return p.keepHeader(b), true, nil
	}
	if h := p.half; h != nil {
		n -= int(h.headLen)
		h.headLen = 0
	}
	if err = p.admit(f, limit); err != nil {
		return n, false, err
	}

	rest := b[n:]
	whole := f.op.IsControl() || (f.fin && f.op != OpContinuation)
	if whole && uint64(len(rest)) >= f.length {
		payload := rest[:f.length:f.length]
		unmask(payload, f.key)
		if f.op == OpText && !utf8.Valid(payload) {
			return n, false, errInvalidUTF8
		}
		return n + len(payload), p.deliver(f.op, payload, yield), nil
	}

	p.begin(f)
	used, more, err := p.payload(rest, yield)
	return n + used, more, err
}

// header parses the header at the front of b, behind what an earlier call had kept of it. n counts
// the kept bytes too, and is 0 while the header is incomplete.
func (p *Parser) header(b []byte) (f header, n int, err *CloseError) {
	h := p.half
	if h == nil || h.headLen == 0 {
		return parseHeader(b, p.Deflate)
	}
	filled := int(h.headLen) + copy(h.head[h.headLen:], b)
	return parseHeader(h.head[:filled], p.Deflate)
}

// keepHeader stores b, which ends inside a header, and returns its length.
func (p *Parser) keepHeader(b []byte) int {
	h := p.hold()
	n := copy(h.head[h.headLen:], b)
	h.headLen += uint8(n)
	return n
}

// admit makes the checks on a header that depend on the frames before it.
func (p *Parser) admit(f header, limit int) *CloseError {
	if f.op.IsControl() {
		return nil
	}
	inMessage, have := false, 0
	if h := p.half; h != nil {
		inMessage, have = h.op != 0, len(h.message)
	}
	switch {
	case f.op == OpContinuation && !inMessage:
		return errNothingToContinue
	case f.op != OpContinuation && inMessage:
		return errMessageInterrupted
	case f.length > uint64(max(0, limit-have)):
		return errTooBig(limit)
	}
	return nil
}

// begin records a frame whose payload has to be collected.
func (p *Parser) begin(f header) {
	h := p.hold()
	h.frame, h.inFrame, h.left = f, true, int(f.length)
	if f.op != OpContinuation && !f.op.IsControl() {
		h.op = f.op
	}
}

// payload takes what b holds of the current frame's payload, and delivers what that completes.
func (p *Parser) payload(b []byte, yield func(Opcode, []byte) bool) (n int, more bool, err *CloseError) {
	h := p.half
	chunk := b[:min(len(b), h.left)]
	h.frame.key = unmask(chunk, h.frame.key)
	h.left -= len(chunk)
	h.inFrame = h.left > 0

	if h.frame.op.IsControl() {
		h.control = append(h.control, chunk...)
		if h.inFrame {
			return len(chunk), true, nil
		}
		whole := h.control
		h.control = nil
		return len(chunk), p.deliver(h.frame.op, whole, yield), nil
	}

	complete := h.frame.fin && !h.inFrame
	h.extend(chunk)
	if h.op == OpText && !h.checkText(complete) {
		return len(chunk), false, errInvalidUTF8
	}
	if !complete {
		return len(chunk), true, nil
	}
	op, whole := h.op, h.message
	h.op, h.message, h.checked = 0, nil, 0
	return len(chunk), p.deliver(op, whole, yield), nil
}

func (p *Parser) deliver(op Opcode, payload []byte, yield func(Opcode, []byte) bool) bool {
	if op == OpClose {
		p.closed = true
	}
	return yield(op, payload)
}

// keepUnread stores what Feed has not looked at; owned says that b is the parser's memory already.
func (p *Parser) keepUnread(b []byte, owned bool) {
	if len(b) == 0 {
		return
	}
	if !owned {
		b = bytes.Clone(b)
	}
	p.hold().unread = b
}

func (p *Parser) hold() *half {
	if p.half == nil {
		p.half = new(half)
	}
	return p.half
}

// idle reports that nothing is half received, so that h can be dropped.
func (h *half) idle() bool {
	return !h.inFrame && h.headLen == 0 && h.op == 0 && len(h.unread) == 0
}

// extend appends chunk to the message. The buffer doubles, so that memory follows what has arrived,
// but stops at the message's final size where that is known.
func (h *half) extend(chunk []byte) {
	need := len(h.message) + len(chunk)
	if need > cap(h.message) {
		size := max(need, 2*cap(h.message), minMessage)
		if h.frame.fin {
			size = min(size, need+h.left)
		}
		grown := make([]byte, len(h.message), size)
		copy(grown, h.message)
		h.message = grown
	}
	h.message = append(h.message, chunk...)
}

// checkText checks what has been added to the message since the last call, so that a fault is
// reported with the first piece that shows it. A character cut by the end of the piece waits for
// the next, unless the message is complete.
func (h *half) checkText(complete bool) bool {
	fresh := h.message[h.checked:]
	if !complete {
		fresh = fresh[:len(fresh)-cutCharacter(fresh)]
	}
	h.checked += len(fresh)
	return utf8.Valid(fresh)
}

// cutCharacter returns how many bytes at the end of b are the beginning of a character that more
// bytes could still complete (0-3).
func cutCharacter(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
